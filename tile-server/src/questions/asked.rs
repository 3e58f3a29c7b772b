//! What questions have in common: the organism, filters and genes.

use std::collections::BTreeSet;

use ::corpus::{Dimension, Filters, Manifest};
use clap::Args;

use crate::lists;

/// The organism that is asked about.
#[derive(Args)]
pub struct OrganismArgument {
    /// The id of the organism [default: the only one]
    #[arg(long, value_name = "ID", global = true)]
    organism: Option<String>,
}

/// There is no telling which organism is meant.
#[derive(Debug, thiserror::Error)]
#[error("the corpus has cells of {0}: name one by --organism")]
pub struct SeveralOrganisms(String);

/// A list has no gene.
#[derive(Debug, thiserror::Error)]
#[error("--genes names no gene: give ids or symbols, with commas between them")]
pub struct NoGenes;

impl OrganismArgument {
    /// The one that is meant.
    ///
    /// # Errors
    /// [`SeveralOrganisms`] where none is named of several.
    pub fn of(&self, manifest: &Manifest) -> Result<String, SeveralOrganisms> {
        let organisms: BTreeSet<&str> = manifest.parts.iter().map(|part| part.organism.as_str()).collect();
        match (&self.organism, organisms.first(), organisms.len()) {
            (Some(organism), ..) => Ok(organism.clone()),
            (None, Some(only), 1) => Ok((*only).to_owned()),
            (None, ..) => Err(SeveralOrganisms(organisms.into_iter().collect::<Vec<_>>().join(", "))),
        }
    }
}

/// A dimension, by its name.
pub(super) fn dimension(text: &str) -> Result<Dimension, String> {
    text.parse().map_err(|error: ::corpus::UnknownDimension| error.to_string())
}

/// A filter, as DIMENSION=IDS.
pub(super) fn filter(text: &str) -> Result<(Dimension, String), String> {
    let (name, ids) = text.split_once('=').ok_or("it takes DIMENSION=IDS")?;
    if names(&[ids.to_owned()]).is_empty() {
        return Err(format!("it names no {name}: write {name}=ID,ID"));
    }
    Ok((dimension(name)?, ids.to_owned()))
}

/// The genes of lists with commas between them.
///
/// # Errors
/// [`NoGenes`].
pub(super) fn genes(lists: &[String]) -> Result<Vec<String>, NoGenes> {
    let genes = names(lists);
    if genes.is_empty() && !lists.is_empty() { Err(NoGenes) } else { Ok(genes) }
}

/// Names of lists with commas between them.
pub(super) fn names(lists: &[String]) -> Vec<String> {
    lists::names(lists, |_| false)
}

/// Filters as arguments have them: of one dimension the ids of all are taken together.
pub(super) fn filters(arguments: &[(Dimension, String)]) -> Filters {
    let mut filters = Filters::new();
    for (dimension, list) in arguments {
        filters.entry(*dimension).or_default().extend(names(std::slice::from_ref(list)));
    }
    filters
}

/// Says which names of genes are those of no dataset.
pub(super) fn unknown_genes(names: &[String], organism: &str) -> Vec<String> {
    names.iter().map(|name| format!("no dataset has a gene `{name}` of {organism}")).collect()
}
