//! Lists of names as arguments.

use std::mem::take;

/// The names of lists with commas between them, in which a name that holds a comma stands in quotation marks, doubled within
/// (as in CSV). An argument that is a name as it stands is that one.
pub fn names(arguments: &[String], is_name: impl Fn(&str) -> bool) -> Vec<String> {
    let of_argument = |argument: &String| {
        if is_name(argument) { vec![argument.clone()] } else { fields(argument) }
    };
    arguments.iter().flat_map(of_argument).filter(|name| !name.is_empty()).collect()
}

/// Fields between commas, without the space around them.
fn fields(list: &str) -> Vec<String> {
    let (mut fields, mut field, mut is_quoted) = (Vec::new(), String::new(), false);
    let mut characters = list.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if is_quoted && characters.next_if_eq(&'"').is_some() => field.push('"'),
            '"' if is_quoted => is_quoted = false,
            // A name that only holds the mark somewhere is not in quotation marks.
            '"' if field.trim().is_empty() => {
                field.clear();
                is_quoted = true;
            }
            ',' if !is_quoted => fields.push(take(&mut field).trim().to_owned()),
            _ => field.push(character),
        }
    }
    fields.push(field.trim().to_owned());
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_hold_commas_and_quotation_marks() {
        let of = |arguments: &[&str], known: &str| {
            names(&arguments.iter().map(|&text| text.to_owned()).collect::<Vec<_>>(), |name| name == known)
        };
        assert_eq!(of(&["LYZ, CD3D,,NKG7 "], ""), ["LYZ", "CD3D", "NKG7"]);
        assert_eq!(of(&["\"T cell, CD4\",B", "NK"], ""), ["T cell, CD4", "B", "NK"]);
        assert_eq!(of(&["a, \"say \"\"b, c\"\"\" , 5\" end"], ""), ["a", "say \"b, c\"", "5\" end"]);
        assert_eq!(of(&["he said \"x\", ü=ß"], "he said \"x\", ü=ß"), ["he said \"x\", ü=ß"]);
        assert_eq!(of(&["GENE, one", "two,GENE, one"], "GENE, one"), ["GENE, one", "two", "GENE", "one"]);
    }
}
