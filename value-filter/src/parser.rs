//! From words to conditions, with Python's precedences.

use std::ops::Range;

use crate::{
    Comparison, Condition, FilterError, Literal, Test,
    lexer::{self, Token, TokenKind},
};

/// How deep parentheses, negations and signs may nest.
const MOST_DEPTH: usize = 100;

/// Reads a filter.
pub fn parse(text: &str) -> Result<Condition, FilterError> {
    let tokens = lexer::tokens(text)?;
    let mut parser = Parser { text, tokens: tokens.into_iter().peekable(), last_end: 0, depth: 0 };
    if parser.peek() == &TokenKind::End {
        return Err(FilterError::new("the filter is empty; leave it out to take all", text, 0..text.len()));
    }
    let parsed = parser.or_test()?;
    let end = parser.next();
    if end.kind != TokenKind::End {
        let problem = format!("{} is not expected here; conditions are joined by `and` and `or`", end.kind.describe());
        return Err(parser.error(problem, end.at));
    }
    parser.condition(parsed)
}

struct Parser<'a> {
    text: &'a str,
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    last_end: usize,
    depth: usize,
}

/// What some words are.
struct Parsed {
    meaning: Meaning,
    at: Range<usize>,
}

enum Meaning {
    Condition(Condition),
    Column(String),
    Value(Literal),
    None,
    List(Vec<Literal>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
    Like,
    NotLike,
}

impl Sign {
    /// The sign when the sides change places.
    fn turned(self) -> Option<Self> {
        Some(match self {
            Self::Equal | Self::NotEqual => self,
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
            Self::In | Self::NotIn | Self::Like | Self::NotLike => return None,
        })
    }
}

impl Parser<'_> {
    fn peek(&mut self) -> &TokenKind {
        self.tokens.peek().map_or(&TokenKind::End, |token| &token.kind)
    }

    fn next(&mut self) -> Token {
        let end = self.text.len();
        let token = self.tokens.next().unwrap_or(Token { kind: TokenKind::End, at: end..end });
        self.last_end = token.at.end;
        token
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let is_next = matches!(self.peek(), TokenKind::Sign(next) if *next == sign);
        if is_next {
            self.next();
        }
        is_next
    }

    fn take_keyword(&mut self, keyword: &str) -> bool {
        let is_next = matches!(self.peek(), TokenKind::Keyword(next) if *next == keyword);
        if is_next {
            self.next();
        }
        is_next
    }

    fn error(&self, problem: impl Into<String>, at: Range<usize>) -> FilterError {
        FilterError::new(problem, self.text, at)
    }

    /// One level deeper, so that no text makes the stack overflow.
    fn deeper<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T, FilterError>) -> Result<T, FilterError> {
        if self.depth == MOST_DEPTH {
            let problem = format!("the filter nests more than {MOST_DEPTH} deep");
            return Err(self.error(problem, self.last_end..self.last_end));
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    fn or_test(&mut self) -> Result<Parsed, FilterError> {
        self.joined(Self::and_test, |parser| parser.take_keyword("or"), Condition::Or)
    }

    fn and_test(&mut self) -> Result<Parsed, FilterError> {
        self.joined(Self::not_test, |parser| parser.take_keyword("and"), Condition::And)
    }

    fn not_test(&mut self) -> Result<Parsed, FilterError> {
        let start = self.tokens.peek().map_or(0, |token| token.at.start);
        if !self.take_keyword("not") {
            return self.comparison();
        }
        let operand = self.deeper(Self::not_test)?;
        let at = start..operand.at.end;
        Ok(Parsed { meaning: Meaning::Condition(self.condition(operand)?.negate()), at })
    }

    fn comparison(&mut self) -> Result<Parsed, FilterError> {
        let mut left = self.bit_or()?;
        let start = left.at.start;
        let mut tests = Vec::new();
        while let Some(sign) = self.comparison_sign()? {
            let right = self.bit_or()?;
            let middle = Parsed { meaning: right.meaning.as_operand(), at: right.at.clone() };
            tests.push(Condition::Test(self.test(left, sign, right)?));
            left = middle;
        }
        let meaning = match tests.len() {
            0 => return Ok(left),
            1 => Meaning::Condition(tests.remove(0)),
            _ => Meaning::Condition(Condition::And(tests)),
        };
        Ok(Parsed { meaning, at: start..self.last_end })
    }

    fn comparison_sign(&mut self) -> Result<Option<Sign>, FilterError> {
        let sign = match self.peek() {
            TokenKind::Sign("==") => Sign::Equal,
            TokenKind::Sign("!=") => Sign::NotEqual,
            TokenKind::Sign("<") => Sign::Less,
            TokenKind::Sign("<=") => Sign::LessOrEqual,
            TokenKind::Sign(">") => Sign::Greater,
            TokenKind::Sign(">=") => Sign::GreaterOrEqual,
            TokenKind::Keyword("in") => Sign::In,
            TokenKind::Keyword("like") => Sign::Like,
            TokenKind::Keyword("is") => {
                let at = self.next().at;
                return Err(self.error("there is no `is`; write `== None`, `!= None`, `== True`", at));
            }
            TokenKind::Keyword("not") => {
                let at = self.next().at;
                return match (self.take_keyword("in"), self.take_keyword("like")) {
                    (true, _) => Ok(Some(Sign::NotIn)),
                    (_, true) => Ok(Some(Sign::NotLike)),
                    (false, false) => Err(self.error("`not` stands before a condition, or before `in` or `like`", at)),
                };
            }
            _ => return Ok(None),
        };
        self.next();
        Ok(Some(sign))
    }

    fn bit_or(&mut self) -> Result<Parsed, FilterError> {
        self.joined_by_sign(Self::bit_and, "|", Condition::Or)
    }

    fn bit_and(&mut self) -> Result<Parsed, FilterError> {
        self.joined_by_sign(Self::operand, "&", Condition::And)
    }

    /// Conditions joined by one keyword, or what stands there alone.
    fn joined(
        &mut self,
        part: fn(&mut Self) -> Result<Parsed, FilterError>,
        is_joined: fn(&mut Self) -> bool,
        join: fn(Vec<Condition>) -> Condition,
    ) -> Result<Parsed, FilterError> {
        let first = part(self)?;
        let start = first.at.start;
        if !is_joined(self) {
            return Ok(first);
        }
        let mut conditions = vec![self.condition(first)?];
        loop {
            let next = part(self)?;
            conditions.push(self.condition(next)?);
            if !is_joined(self) {
                return Ok(Parsed { meaning: Meaning::Condition(join(conditions)), at: start..self.last_end });
            }
        }
    }

    /// The same by `&` or `|`, which bind tighter than comparisons.
    fn joined_by_sign(
        &mut self,
        part: fn(&mut Self) -> Result<Parsed, FilterError>,
        sign: &'static str,
        join: fn(Vec<Condition>) -> Condition,
    ) -> Result<Parsed, FilterError> {
        let first = part(self)?;
        let start = first.at.start;
        let mut parts = vec![first];
        while self.take_sign(sign) {
            parts.push(part(self)?);
        }
        if parts.len() == 1 {
            return Ok(parts.remove(0));
        }
        let conditions: Result<Vec<_>, _> = parts
            .into_iter()
            .map(|part| match part.meaning {
                Meaning::Value(_) | Meaning::None | Meaning::List(_) => Err(self.error(
                    format!("`{sign}` joins conditions; put each in parentheses: (a > 1) {sign} (b < 2)"),
                    part.at,
                )),
                Meaning::Condition(_) | Meaning::Column(_) => self.condition(part),
            })
            .collect();
        Ok(Parsed { meaning: Meaning::Condition(join(conditions?)), at: start..self.last_end })
    }

    fn operand(&mut self) -> Result<Parsed, FilterError> {
        let parsed = self.signed()?;
        if let TokenKind::Sign(sign @ ("+" | "-")) = *self.peek() {
            let at = self.next().at;
            let problem = match parsed.meaning {
                Meaning::Column(name) => {
                    format!(
                        "there is no arithmetic in filters; did you mean `{name}{sign}…` as text, in quotation marks?"
                    )
                }
                _ => "there is no arithmetic in filters; write the value".to_owned(),
            };
            return Err(self.error(problem, at));
        }
        Ok(parsed)
    }

    fn signed(&mut self) -> Result<Parsed, FilterError> {
        let start = self.tokens.peek().map_or(0, |token| token.at.start);
        let TokenKind::Sign(sign @ ("+" | "-")) = *self.peek() else { return self.primary() };
        self.next();
        let Parsed { meaning, at } = self.deeper(Self::signed)?;
        let at = start..at.end;
        let value = match (meaning, sign) {
            (Meaning::Value(value @ (Literal::Int(_) | Literal::Float(_))), "+") => value,
            (Meaning::Value(Literal::Int(number)), _) => Literal::Int(-number),
            (Meaning::Value(Literal::Float(number)), _) => Literal::Float(-number),
            _ => return Err(self.error(format!("`{sign}` stands before a number"), at)),
        };
        Ok(Parsed { meaning: Meaning::Value(value), at })
    }

    fn primary(&mut self) -> Result<Parsed, FilterError> {
        let Token { kind, at } = self.next();
        let meaning = match kind {
            TokenKind::Sign("(") => {
                let inner = self.deeper(Self::or_test)?;
                if matches!(self.peek(), TokenKind::Sign(",")) {
                    let at = self.next().at;
                    return Err(self.error("a list is written in brackets: ['a', 'b']", at));
                }
                self.close(")", &at)?;
                // What a value stands in makes no difference.
                return Ok(Parsed { meaning: inner.meaning, at: at.start..self.last_end });
            }
            TokenKind::Sign("[") => return self.list(at.start),
            TokenKind::Name(name) if self.take_sign("(") => return self.call(&name, at),
            TokenKind::Keyword("like") if self.take_sign("(") => return self.call("like", at),
            TokenKind::Name(name) => Meaning::Column(name),
            TokenKind::Value(value) => Meaning::Value(value),
            TokenKind::Keyword("None") => Meaning::None,
            kind @ (TokenKind::Keyword(_) | TokenKind::Sign(_) | TokenKind::End) => {
                let problem = format!("a column or a value is expected, and not {}", kind.describe());
                return Err(self.error(problem, at));
            }
        };
        Ok(Parsed { meaning, at })
    }

    fn close(&mut self, sign: &str, opened: &Range<usize>) -> Result<(), FilterError> {
        if self.take_sign(sign) {
            return Ok(());
        }
        let found = self.next();
        match found.kind {
            TokenKind::End => Err(self.error(format!("what is opened here has no `{sign}`"), opened.clone())),
            kind => Err(self.error(format!("`{sign}` is expected, and not {}", kind.describe()), found.at)),
        }
    }

    fn list(&mut self, start: usize) -> Result<Parsed, FilterError> {
        let mut values = Vec::new();
        while !matches!(self.peek(), TokenKind::Sign("]")) {
            let item = self.deeper(Self::operand)?;
            match item.meaning {
                Meaning::Value(value) => values.push(value),
                Meaning::Column(name) => {
                    let problem = format!("a list has constant values; did you mean the text '{name}'?");
                    return Err(self.error(problem, item.at));
                }
                Meaning::None | Meaning::Condition(_) | Meaning::List(_) => {
                    return Err(
                        self.error("a list has texts or numbers; what is missing is found by `== None`", item.at)
                    );
                }
            }
            if !self.take_sign(",") {
                break;
            }
        }
        self.close("]", &(start..start + 1))?;
        Ok(Parsed { meaning: Meaning::List(values), at: start..self.last_end })
    }

    /// A function, its opening parenthesis being read.
    fn call(&mut self, name: &str, at: Range<usize>) -> Result<Parsed, FilterError> {
        let opened = self.last_end - 1..self.last_end;
        let mut arguments = Vec::new();
        while !matches!(self.peek(), TokenKind::Sign(")") | TokenKind::End) {
            arguments.push(self.deeper(Self::operand)?);
            if !self.take_sign(",") {
                break;
            }
        }
        self.close(")", &opened)?;
        let whole = at.start..self.last_end;
        let mut arguments = arguments.into_iter();
        let meaning = match (name, arguments.next(), arguments.next(), arguments.next()) {
            ("attr", Some(Parsed { meaning: Meaning::Value(Literal::Text(column)), .. }), None, None) => {
                Meaning::Column(column)
            }
            ("attr", ..) => {
                return Err(self.error("`attr` takes the name of a column as text: attr('a column')", whole));
            }
            ("val", Some(Parsed { meaning: Meaning::Value(value), .. }), None, None) => Meaning::Value(value),
            ("val", ..) => return Err(self.error("`val` takes one value: val(1)", whole)),
            ("like" | "contains" | "descendants", Some(column), Some(value), None) => {
                let (Meaning::Column(column_name), Meaning::Value(Literal::Text(text))) =
                    (column.meaning, value.meaning)
                else {
                    return Err(
                        self.error(format!("`{name}` takes a column and a text: {name}(column, 'text')"), whole)
                    );
                };
                let comparison = match name {
                    "like" => Comparison::Like(text),
                    "contains" => Comparison::Contains(text),
                    _ => Comparison::Descendants(text),
                };
                Meaning::Condition(Condition::Test(Test {
                    column: column_name,
                    column_at: column.at,
                    comparison,
                    value_at: value.at,
                    negated: false,
                }))
            }
            ("like" | "contains" | "descendants", ..) => {
                return Err(self.error(format!("`{name}` takes a column and a text: {name}(column, 'text')"), whole));
            }
            _ => {
                let problem =
                    format!("there is no function `{name}`; there are attr, val, like, contains and descendants");
                return Err(self.error(problem, at));
            }
        };
        Ok(Parsed { meaning, at: whole })
    }

    /// A condition, which a column of truth values is by itself.
    fn condition(&self, parsed: Parsed) -> Result<Condition, FilterError> {
        match parsed.meaning {
            Meaning::Condition(condition) => Ok(condition),
            Meaning::Column(column) => Ok(Condition::Test(Test {
                column,
                column_at: parsed.at.clone(),
                comparison: Comparison::IsTrue,
                value_at: parsed.at,
                negated: false,
            })),
            Meaning::Value(_) | Meaning::None | Meaning::List(_) => {
                Err(self.error("a value alone is no condition; compare a column with it: column == value", parsed.at))
            }
        }
    }

    fn test(&self, left: Parsed, sign: Sign, right: Parsed) -> Result<Test, FilterError> {
        let both = left.at.start..right.at.end;
        let (column, sign, value) = match (left.meaning, right.meaning) {
            (Meaning::Column(column), Meaning::Column(other)) => {
                let problem = format!(
                    "a column is compared with a constant value, and not with `{other}`; if that is text, write '{other}' \
                     (the column is `{column}`)"
                );
                return Err(self.error(problem, right.at));
            }
            (Meaning::Column(column), value) => {
                (Parsed { meaning: Meaning::Column(column), at: left.at }, sign, (value, right.at))
            }
            (value, Meaning::Column(column)) => match sign.turned() {
                Some(sign) => (Parsed { meaning: Meaning::Column(column), at: right.at }, sign, (value, left.at)),
                None => {
                    let problem = "the column stands first: column in ['a', 'b'], contains(column, 'a')";
                    return Err(self.error(problem, both));
                }
            },
            (Meaning::Condition(_), _) => return Err(self.error("a condition is compared with nothing", left.at)),
            (_, Meaning::Condition(_)) => return Err(self.error("a condition is compared with nothing", right.at)),
            (_, _) => return Err(self.error("a comparison has a column on one side", both)),
        };
        let (value, value_at) = value;
        let Meaning::Column(name) = column.meaning else { return Err(self.error("a comparison has a column", both)) };
        let (comparison, negated) = match (sign, value) {
            (Sign::Equal, Meaning::None) => (Comparison::IsMissing, false),
            (Sign::NotEqual, Meaning::None) => (Comparison::IsMissing, true),
            (Sign::Equal, Meaning::Value(value)) => (Comparison::Equal(value), false),
            (Sign::NotEqual, Meaning::Value(value)) => (Comparison::Equal(value), true),
            (Sign::Less, Meaning::Value(value)) => (Comparison::Less(value), false),
            (Sign::LessOrEqual, Meaning::Value(value)) => (Comparison::LessOrEqual(value), false),
            (Sign::Greater, Meaning::Value(value)) => (Comparison::LessOrEqual(value), true),
            (Sign::GreaterOrEqual, Meaning::Value(value)) => (Comparison::Less(value), true),
            (Sign::In | Sign::NotIn, Meaning::List(values)) if values.is_empty() => {
                return Err(self.error("the list is empty, and nothing is in it", value_at));
            }
            (Sign::In, Meaning::List(values)) => (Comparison::In(values), false),
            (Sign::NotIn, Meaning::List(values)) => (Comparison::In(values), true),
            (Sign::In | Sign::NotIn, _) => {
                return Err(self.error("`in` takes a list in brackets: column in ['a', 'b']", value_at));
            }
            (Sign::Like, Meaning::Value(Literal::Text(pattern))) => (Comparison::Like(pattern), false),
            (Sign::NotLike, Meaning::Value(Literal::Text(pattern))) => (Comparison::Like(pattern), true),
            (Sign::Like | Sign::NotLike, _) => {
                return Err(self.error("`like` takes a text: column like 'T cell%'", value_at));
            }
            (_, Meaning::None) => return Err(self.error("nothing is less or greater than `None`", value_at)),
            (_, Meaning::List(_)) => return Err(self.error("a list stands after `in`", value_at)),
            (_, Meaning::Column(_) | Meaning::Condition(_)) => {
                return Err(self.error("a comparison has a column on one side alone", value_at));
            }
        };
        Ok(Test { column: name, column_at: column.at, comparison, value_at, negated })
    }
}

impl Meaning {
    /// What the next comparison of a chain begins with.
    fn as_operand(&self) -> Self {
        match self {
            Self::Column(name) => Self::Column(name.clone()),
            Self::Value(value) => Self::Value(value.clone()),
            Self::List(values) => Self::List(values.clone()),
            Self::None | Self::Condition(_) => Self::None,
        }
    }
}
