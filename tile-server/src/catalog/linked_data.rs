//! What a dataset or a collection is to search engines for data, and in a list of references.

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
        add("identifier", collection.doi.as_ref().map(|doi| json!(format!("https://doi.org/{doi}"))));
        add("version", collection.versions.first().map(|version| json!(version.version)));
        let creators = collection.consortia.iter().map(|name| json!({ "@type": "Organization", "name": name }));
        add("creator", (!collection.consortia.is_empty()).then(|| creators.collect()));
    }
    linked
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
}
