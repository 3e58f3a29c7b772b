//! What a dataset or a collection is to search engines for data, and in a list of references.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::Collection;

/// What search engines for data read: <https://schema.org/Dataset>.
pub(super) fn json_ld(
    title: &str,
    description: Option<&str>,
    collection: Option<&Collection>,
    parts: Option<Vec<Value>>,
) -> Value {
    let mut linked = json!({
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "name": title,
        "description": description.unwrap_or(title),
        "isAccessibleForFree": true,
    });
    let mut add = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            linked[name] = value;
        }
    };
    add("hasPart", parts.map(Value::Array));
    if let Some(collection) = collection {
        add("license", collection.license.as_ref().map(|license| json!(license)));
        add("datePublished", collection.published.map(|day| json!(day.to_string())));
        add("citation", collection.publication.as_ref().map(|publication| json!(publication)));
        add("identifier", collection.doi.as_deref().and_then(doi_address).map(|address| json!(address)));
        add("version", collection.versions.first().map(|version| json!(version.version)));
        let creators = collection.consortia.iter().map(|name| json!({ "@type": "Organization", "name": name }));
        add("creator", (!collection.consortia.is_empty()).then(|| creators.collect()));
    }
    linked
}

/// Where a digital object identifier leads; `None` of what is none: a prefix of digits, a slash, and text without gaps.
pub(super) fn doi_address(doi: &str) -> Option<String> {
    /// What stands in a path as it is.
    const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'/')
        .remove(b'.')
        .remove(b'-')
        .remove(b'_')
        .remove(b'(')
        .remove(b')')
        .remove(b';')
        .remove(b':');
    let (registrant, name) = doi.strip_prefix("10.")?.split_once('/')?;
    let is_registrant = registrant.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    let is_name = !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c.is_control());
    (is_registrant && is_name).then(|| format!("https://doi.org/{}", utf8_percent_encode(doi, PLAIN)))
}

/// JSON that no text in it can end as a script.
pub(super) fn script_text(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c")
}

/// A citation. What would end a field is left out.
pub(super) fn bibtex(collection: &Collection) -> String {
    let plain = |text: &str| text.chars().filter(|c| !"{}\\%".contains(*c)).collect::<String>();
    let mut fields = vec![("title", plain(&collection.title))];
    fields.extend(collection.publication.iter().map(|publication| ("note", plain(publication))));
    fields.extend(collection.published.map(|day| ("year", day.date().0.to_string())));
    fields.extend(collection.doi.iter().map(|doi| ("doi", plain(doi))));
    let fields: Vec<String> = fields.into_iter().map(|(name, value)| format!("  {name} = {{{value}}}")).collect();
    format!("@misc{{{},\n{}\n}}", collection.id, fields.join(",\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collection() -> Collection {
        Collection { id: "lungs".to_owned(), doi: Some("10.1/x".to_owned()), ..Collection::default() }
    }

    #[test]
    fn a_citation_cannot_be_broken_out_of() {
        let collection = Collection { title: "a} , b = {c%\\d".to_owned(), ..collection() };
        assert_eq!(bibtex(&collection), "@misc{lungs,\n  title = {a , b = cd},\n  doi = {10.1/x}\n}");
    }

    #[test]
    fn only_what_looks_like_a_doi_leads_to_one() {
        let address = |doi: &str| doi_address(doi);
        assert_eq!(address("10.1038/s41586-020-2922-4").unwrap(), "https://doi.org/10.1038/s41586-020-2922-4");
        assert_eq!(address("10.1000.5/a?b#c%d").unwrap(), "https://doi.org/10.1000.5/a%3Fb%23c%25d");
        for text in ["", "10.1038", "10.1038/", "10./x", "10.x/y", "10.1/a b", "javascript:alert(1)", "../10.1/x"] {
            assert_eq!(address(text), None, "{text}");
        }
    }
}
