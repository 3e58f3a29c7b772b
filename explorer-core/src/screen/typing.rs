//! Which elements take what is typed.

/// Inputs that show no text: keys mean there what they mean everywhere.
const WITHOUT_TEXT: [&str; 8] = ["button", "checkbox", "color", "file", "radio", "range", "reset", "submit"];

/// Whether an element of that tag (`INPUT`), and of that `type` where it is an input, takes text. Lists, sliders and
/// boxes do not: after they are pressed, keys ask for commands as before.
pub fn takes_text(tag: &str, kind: &str) -> bool {
    match tag {
        "TEXTAREA" => true,
        "INPUT" => !WITHOUT_TEXT.contains(&kind),
        _ => false,
    }
}

/// Whether a list or a slider of that tag goes to its first value by a key (`KeyboardEvent.key`), which commands leave to
/// it.
pub fn takes_key(tag: &str, key: &str) -> bool {
    key == "Home" && matches!(tag, "INPUT" | "SELECT")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_text_fields_take_what_is_typed() {
        for (tag, kind) in [("INPUT", "text"), ("INPUT", "search"), ("INPUT", "number"), ("TEXTAREA", "")] {
            assert!(takes_text(tag, kind), "{tag} {kind}");
        }
        for (tag, kind) in [("INPUT", "checkbox"), ("INPUT", "range"), ("SELECT", ""), ("BUTTON", ""), ("DIV", "")] {
            assert!(!takes_text(tag, kind), "{tag} {kind}");
        }
        assert!(takes_key("SELECT", "Home") && !takes_key("BUTTON", "Home") && !takes_key("SELECT", "f"));
    }
}
