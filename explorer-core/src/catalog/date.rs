//! Days of the calendar.

use std::fmt;

/// A day, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(pub u32);

/// Days of 400 years, after which the Gregorian calendar repeats.
const DAYS_PER_ERA: u32 = 146_097;
/// Days from 0000-03-01, where counting is simplest since a leap day ends a year, to 1970-01-01.
const EPOCH: u32 = 719_468;

impl Day {
    /// The day of a date, years from 1970 on; `None` when there is no such day.
    pub fn of_date(year: u16, month: u8, day: u8) -> Option<Self> {
        if year < 1970 || !(1..=12).contains(&month) || day == 0 {
            return None;
        }
        // Years begin in March.
        let (year, month) = (u32::from(year) - u32::from(month < 3), u32::from(month + 9) % 12);
        let (era, of_era) = (year / 400, year % 400);
        let of_year = (153 * month + 2) / 5 + u32::from(day) - 1;
        let found = Self(era * DAYS_PER_ERA + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH);
        (found.date().2 == day).then_some(found)
    }

    /// Year, month and day of the month.
    pub fn date(self) -> (u16, u8, u8) {
        let days = self.0 + EPOCH;
        let (era, of_era) = (days / DAYS_PER_ERA, days % DAYS_PER_ERA);
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        ((year + era * 400 + u32::from(month < 3)) as u16, month as u8, day as u8)
    }

    /// The same day so many months ago, or the last of that month where it has no such day.
    pub fn months_ago(self, months: u32) -> Self {
        let (year, month, day) = self.date();
        let counted = (u32::from(year) * 12 + u32::from(month) - 1).saturating_sub(months);
        let (year, month) = ((counted / 12) as u16, (counted % 12) as u8 + 1);
        (1..=day).rev().find_map(|day| Self::of_date(year, month, day)).unwrap_or(Self(0))
    }
}

impl fmt::Display for Day {
    /// As ISO 8601 has it: `2023-11-29`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.date();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_day_has_one_date(day in 0_u32..100_000) {
            let (year, month, of_month) = Day(day).date();
            prop_assert_eq!(Day::of_date(year, month, of_month), Some(Day(day)));
            // The next date is the next day.
            let next = Day::of_date(year, month, of_month + 1)
                .or_else(|| Day::of_date(year, month + 1, 1))
                .or_else(|| Day::of_date(year + 1, 1, 1));
            prop_assert_eq!(next, Some(Day(day + 1)));
        }
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (day, text) in [(0, "1970-01-01"), (59, "1970-03-01"), (11_016, "2000-02-29"), (19_690, "2023-11-29")] {
            assert_eq!(Day(day).to_string(), text);
        }
        for (year, month, day) in [(2023, 2, 29), (2023, 13, 1), (2023, 4, 31), (1969, 12, 31), (2023, 1, 0)] {
            assert_eq!(Day::of_date(year, month, day), None);
        }
    }

    #[test]
    fn months_ago_is_within_the_month() {
        let day = Day::of_date(2024, 3, 31).unwrap();
        let ago = [1, 3, 12, 36].map(|months| day.months_ago(months).to_string());
        assert_eq!(ago, ["2024-02-29", "2023-12-31", "2023-03-31", "2021-03-31"]);
        assert_eq!(Day(10).months_ago(1), Day(0));
    }
}
