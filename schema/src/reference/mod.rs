//! The terms and genes that files are checked against.

#[cfg(feature = "embedded")]
mod embedded;
mod table;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Mutex, OnceLock, PoisonError};

use table::Table;

/// The identifiers that rules name as ancestors. Bit n of a term's flags is the nth of its ontology.
const ANCESTORS: &str = include_str!("../../reference/ancestors.txt");
const DEPRECATED: u32 = 1 << 31;

/// An ontology, by the name that the schema has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ontology(u8);

/// Names, and the prefixes of identifiers that lie in another ontology's file.
const ONTOLOGIES: [&str; 17] = [
    "CL",
    "EFO",
    "MONDO",
    "UBERON",
    "HANCESTRO",
    "HsapDv",
    "MmusDv",
    "PATO",
    "FBbt",
    "FBdv",
    "ZFA",
    "WBbt",
    "WBls",
    "CVCL",
    "CHEBI",
    "UniProt",
    "NCBITaxon",
];
const IMPORTED: [(&str, &str); 2] = [("AfPO", "HANCESTRO"), ("ZFS", "ZFA")];
/// The ontology whose identifiers have an underscore where others have a colon.
const UNDERSCORED: &str = "CVCL";
const ORGANISMS: &str = "NCBITaxon";
/// The ontologies of cell types and of tissues, whose tables have the parents of terms.
const WITH_PARENTS: [&str; 2] = ["CL", "UBERON"];

/// A list of genes.
struct GeneList {
    name: &'static str,
    organism: &'static str,
    /// What the original calls the organism.
    original: &'static str,
    /// What stands before the first digit of its identifiers. No two lists share one.
    prefixes: &'static [&'static str],
}

const GENE_LISTS: [GeneList; 16] = [
    gene_list("homo-sapiens", "NCBITaxon:9606", "HOMO_SAPIENS", &["ENSG"]),
    gene_list("mus-musculus", "NCBITaxon:10090", "MUS_MUSCULUS", &["ENSMUSG"]),
    gene_list("sars-cov-2", "NCBITaxon:2697049", "SARS_COV_2", &["ENSSASG"]),
    gene_list("ercc", "NCBITaxon:32630", "ERCC", &["ERCC-"]),
    gene_list("drosophila-melanogaster", "NCBITaxon:7227", "DROSOPHILA_MELANOGASTER", &["FBgn", "FBti", "FBtr", "RR"]),
    gene_list("danio-rerio", "NCBITaxon:7955", "DANIO_RERIO", &["ENSDARG"]),
    gene_list("caenorhabditis-elegans", "NCBITaxon:6239", "CAENORHABDITIS_ELEGANS", &["WBGene"]),
    gene_list("macaca-fascicularis", "NCBITaxon:9541", "MACACA_FASCICULARIS", &["ENSMFAG"]),
    gene_list("oryctolagus-cuniculus", "NCBITaxon:9986", "ORYCTOLAGUS_CUNICULUS", &["ENSOCUG"]),
    gene_list("callithrix-jacchus", "NCBITaxon:9483", "CALLITHRIX_JACCHUS", &["ENSCJAG"]),
    gene_list("gorilla-gorilla", "NCBITaxon:9595", "GORILLA_GORILLA", &["ENSGGOG"]),
    gene_list("macaca-mulatta", "NCBITaxon:9544", "MACACA_MULATTA", &["ENSMMUG"]),
    gene_list("pan-troglodytes", "NCBITaxon:9598", "PAN_TROGLODYTES", &["ENSPTRG"]),
    gene_list("sus-scrofa", "NCBITaxon:9823", "SUS_SCROFA", &["ENSSSCG"]),
    gene_list("microcebus-murinus", "NCBITaxon:30608", "MICROCEBUS_MURINUS", &["ENSMICG"]),
    gene_list("rattus-norvegicus", "NCBITaxon:10116", "RATTUS_NORVEGICUS", &["ENSRNOG"]),
];

const fn gene_list(
    name: &'static str,
    organism: &'static str,
    original: &'static str,
    prefixes: &'static [&'static str],
) -> GeneList {
    GeneList { name, organism, original, prefixes }
}

/// Where the bytes of tables come from.
pub trait Tables: Send + Sync {
    /// The table of this file name in `schema/reference`; none where it is not at hand.
    fn bytes(&self, file: &str) -> Option<Cow<'static, [u8]>>;
}

/// The tables, each read when it is first needed.
pub struct Reference {
    tables: Box<dyn Tables>,
    terms: [OnceLock<Option<Table>>; ONTOLOGIES.len()],
    others: OnceLock<Option<Table>>,
    labels: [OnceLock<Option<Table>>; ONTOLOGIES.len()],
    synonyms: [OnceLock<Option<Table>>; ONTOLOGIES.len()],
    parents: [OnceLock<Option<Table>>; ONTOLOGIES.len()],
    genes: [OnceLock<Option<Table>>; GENE_LISTS.len()],
    missing: Mutex<BTreeSet<String>>,
}

/// A term that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// Its ontology.
    pub ontology: Ontology,
    row: usize,
    flags: u32,
    is_other: bool,
}

/// A gene that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gene {
    list: usize,
    row: usize,
}

impl Ontology {
    /// The ontology of this exact name.
    pub fn named(name: &str) -> Option<Self> {
        ONTOLOGIES.iter().position(|known| *known == name).map(|at| Self(at as u8))
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        ONTOLOGIES[usize::from(self.0)]
    }

    /// The ontology that an identifier belongs to by its prefix, whatever the case of its letters.
    pub fn of(id: &str) -> Option<Self> {
        let end = id.find(|letter: char| !letter.is_ascii_alphabetic())?;
        let (prefix, rest) = id.split_at(end);
        let separator = rest.chars().next()?;
        let follows = rest[separator.len_utf8()..].starts_with(|letter: char| letter.is_ascii_alphanumeric());
        if prefix.is_empty() || !matches!(separator, ':' | '_') || !follows {
            return None;
        }
        let known = ONTOLOGIES.iter().find(|name| name.eq_ignore_ascii_case(prefix));
        let imported = || IMPORTED.iter().find(|(known, _)| *known == prefix).map(|(_, ontology)| ontology);
        let name = known.or_else(imported)?;
        let separator = if *name == UNDERSCORED { '_' } else { ':' };
        id.contains(separator).then(|| Self::named(name)).flatten()
    }
}

impl Reference {
    /// Tables that come from `tables`.
    pub fn new(tables: impl Tables + 'static) -> Self {
        Self {
            tables: Box::new(tables),
            terms: Default::default(),
            others: OnceLock::new(),
            labels: Default::default(),
            synonyms: Default::default(),
            parents: Default::default(),
            genes: Default::default(),
            missing: Mutex::default(),
        }
    }

    /// The tables that are part of the program.
    #[cfg(feature = "embedded")]
    pub fn embedded() -> Self {
        Self::new(embedded::Embedded)
    }

    /// The files of tables that were asked for and were not at hand. Answers may be wrong until they are.
    pub fn missing(&self) -> Vec<String> {
        self.missing.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// The term of this identifier, deprecated or not.
    pub fn term(&self, id: &str) -> Option<Term> {
        let ontology = Ontology::of(id)?;
        let table = self.terms(ontology)?;
        if let Some(row) = table.row(id) {
            return Some(Term { ontology, row, flags: table.flags(row), is_other: false });
        }
        if ontology.name() != ORGANISMS {
            return None;
        }
        let others = self.open(&self.others, || "ncbitaxon-others.bin".to_owned())?;
        let row = others.row(id)?;
        Some(Term { ontology, row, flags: others.flags(row), is_other: true })
    }

    /// Whether the term is deprecated.
    pub fn is_deprecated(term: Term) -> bool {
        term.flags & DEPRECATED != 0
    }

    /// Whether `id` is below one of `ancestors`, which are identifiers that rules name, or one of them.
    pub fn is_within(&self, id: &str, ancestors: &[&str]) -> bool {
        ancestors.contains(&id) || self.is_below(id, ancestors)
    }

    /// Whether `id` is a term below one of `ancestors`, which are identifiers that rules name.
    pub fn is_below(&self, id: &str, ancestors: &[&str]) -> bool {
        self.first_above(id, ancestors).is_some()
    }

    /// The first of `ancestors`, identifiers that rules name, that is above `id`.
    pub fn first_above<'a>(&self, id: &str, ancestors: &[&'a str]) -> Option<&'a str> {
        let term = self.term(id)?;
        ancestors.iter().copied().find(|ancestor| {
            *ancestor != id
                && Ontology::of(ancestor) == Some(term.ontology)
                && bit(ancestor).is_some_and(|bit| term.flags & 1 << bit != 0)
        })
    }

    /// The label of a term; of an organism that the schema does not know none.
    pub fn label(&self, term: Term) -> Option<&str> {
        if term.is_other {
            return None;
        }
        let at = usize::from(term.ontology.0);
        let file = || format!("{}-labels.bin", term.ontology.name().to_ascii_lowercase());
        let table = match term.ontology.name() {
            "CHEBI" | "UniProt" => self.open(&self.labels[at], file)?,
            _ => self.terms(term.ontology)?,
        };
        Some(table.label(term.row))
    }

    /// What replaces a deprecated term, where the ontology says so.
    pub fn replacement(&self, term: Term) -> Option<&str> {
        if term.is_other { None } else { self.terms(term.ontology)?.replacement(term.row) }
    }

    /// The identifiers of the terms right above a term of cell types or tissues, from which all its ancestors follow; of
    /// other ontologies none, since the tables do not have them.
    pub fn parents(&self, term: Term) -> Vec<String> {
        let ontology = term.ontology.name();
        if !WITH_PARENTS.contains(&ontology) {
            return Vec::new();
        }
        let file = || format!("{}-parents.bin", ontology.to_ascii_lowercase());
        let parents = self.open(&self.parents[usize::from(term.ontology.0)], file);
        let rows = parents.map(|parents| parents.parents(term.row)).unwrap_or_default();
        rows.iter().filter_map(|row| Some(self.terms(term.ontology)?.id(*row))).collect()
    }

    /// The terms of an ontology, not deprecated, with identifier, label and parents ([`Self::parents`]).
    pub fn all_terms(&self, ontology: Ontology) -> Vec<(String, String, Vec<String>)> {
        let Some(table) = self.terms(ontology) else { return Vec::new() };
        let rows = (0..table.n_rows()).filter(|row| table.flags(*row) & DEPRECATED == 0);
        let term = |row| Term { ontology, row, flags: table.flags(row), is_other: false };
        rows.map(|row| (table.id(row), table.label(row).to_owned(), self.parents(term(row)))).collect()
    }

    /// The identifiers of all terms that have [parents](Self::parents), with these: those of cell types and tissues.
    pub fn terms_with_parents(&self) -> Vec<(String, Vec<String>)> {
        let terms = WITH_PARENTS.iter().filter_map(|name| Ontology::named(name)).flat_map(|of| self.all_terms(of));
        terms.map(|(id, _, parents)| (id, parents)).collect()
    }

    /// The terms of an ontology, not deprecated, whose label or synonym this text is, whatever the case of its letters.
    pub fn terms_called(&self, ontology: Ontology, text: &str) -> Vec<(String, String)> {
        let Some(table) = self.terms(ontology) else { return Vec::new() };
        let mut rows = table.rows_called(text);
        if rows.is_empty() {
            let file = || format!("{}-synonyms.bin", ontology.name().to_ascii_lowercase());
            let synonyms = self.open(&self.synonyms[usize::from(ontology.0)], file);
            rows.extend(synonyms.into_iter().flat_map(|synonyms| synonyms.rows_with_synonym(text)));
        }
        rows.retain(|row| table.flags(*row) & DEPRECATED == 0);
        rows.into_iter().map(|row| (table.id(row), table.label(row).to_owned())).collect()
    }

    /// The gene of this identifier.
    pub fn gene(&self, id: &str) -> Option<Gene> {
        // Only the list that can have it is asked: where tables are fetched, others need not come.
        let prefix = id.split(|letter: char| letter.is_ascii_digit()).next()?;
        let list = GENE_LISTS.iter().position(|list| list.prefixes.contains(&prefix))?;
        Some(Gene { list, row: self.gene_list(list)?.row(id)? })
    }

    /// Whether a text begins as identifiers of genes do.
    pub(crate) fn is_like_gene(text: &str) -> bool {
        let prefix = text.split(|letter: char| letter.is_ascii_digit()).next().unwrap_or_default();
        prefix.len() < text.len() && GENE_LISTS.iter().any(|list| list.prefixes.contains(&prefix))
    }

    /// The identifier of the organism of a gene, or of spike-ins or a virus.
    pub fn gene_organism(gene: Gene) -> &'static str {
        GENE_LISTS[gene.list].organism
    }

    /// What the original calls the organism of a gene.
    pub(crate) fn organism_name(gene: Gene) -> (&'static str, &'static str) {
        (GENE_LISTS[gene.list].original, GENE_LISTS[gene.list].organism)
    }

    /// The name of a gene; its identifier where it has no other.
    pub fn gene_name<'a>(&'a self, gene: Gene, id: &'a str) -> &'a str {
        let name = self.gene_list(gene.list).map_or("", |table| table.label(gene.row));
        if name.is_empty() { id } else { name }
    }

    /// The length of a gene in bases.
    pub fn gene_length(&self, gene: Gene) -> u32 {
        self.gene_list(gene.list).map_or(0, |table| table.length(gene.row))
    }

    /// The type of a gene, such as `protein_coding`.
    pub fn gene_type(&self, gene: Gene) -> &str {
        self.gene_list(gene.list).map_or("", |table| table.type_name(gene.row))
    }

    /// The identifiers of the genes of an organism that have this name.
    pub fn genes_named(&self, organism: &str, name: &str) -> Vec<String> {
        let lists = (0..GENE_LISTS.len()).filter(|list| GENE_LISTS[*list].organism == organism);
        let tables = lists.filter_map(|list| self.gene_list(list));
        tables.flat_map(|table| table.rows_labelled(name).iter().map(|row| table.id(*row as usize))).collect()
    }

    fn terms(&self, ontology: Ontology) -> Option<&Table> {
        self.open(&self.terms[usize::from(ontology.0)], || format!("{}.bin", ontology.name().to_ascii_lowercase()))
    }

    fn gene_list(&self, list: usize) -> Option<&Table> {
        self.open(&self.genes[list], || format!("genes-{}.bin", GENE_LISTS[list].name))
    }

    fn open<'a>(&self, table: &'a OnceLock<Option<Table>>, file: impl FnOnce() -> String) -> Option<&'a Table> {
        let open = || {
            let file = file();
            let table = self.tables.bytes(&file).and_then(Table::new);
            if table.is_none() {
                self.missing.lock().unwrap_or_else(PoisonError::into_inner).insert(file);
            }
            table
        };
        table.get_or_init(open).as_ref()
    }
}

/// Which bit of the flags of its ontology an ancestor is.
pub(crate) fn bit(ancestor: &str) -> Option<usize> {
    static BITS: OnceLock<Vec<(&'static str, usize)>> = OnceLock::new();
    let bits = BITS.get_or_init(|| {
        let mut bits: Vec<(&str, usize)> = Vec::new();
        for id in ANCESTORS.lines() {
            let bit = bits.iter().filter(|(known, _)| Ontology::of(known) == Ontology::of(id)).count();
            bits.push((id, bit));
        }
        bits
    });
    bits.iter().find(|(known, _)| *known == ancestor).map(|(_, bit)| *bit)
}

#[cfg(all(test, feature = "embedded"))]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_belongs_to_an_ontology_by_its_prefix() {
        let of = |id| Ontology::of(id).map(Ontology::name);
        assert_eq!(of("CL:0000540"), Some("CL"));
        assert_eq!(of("cl:0000540"), Some("CL"));
        assert_eq!(of("ZFS:0000001"), Some("ZFA"));
        assert_eq!(of("CVCL_0001"), Some("CVCL"));
        assert_eq!(of("CVCL:0001"), None);
        assert_eq!(of("CL0000540"), None);
        assert_eq!(of("XX:1"), None);
        assert_eq!(of(""), None);
    }

    #[test]
    fn terms_are_found_with_labels_and_ancestors() {
        let reference = Reference::embedded();
        let neuron = reference.term("CL:0000540").unwrap();
        assert_eq!(reference.label(neuron), Some("neuron"));
        assert!(reference.is_below("CL:0000540", &["CL:0000000"]));
        assert!(!reference.is_below("CL:0000000", &["CL:0000000"]));
        assert!(reference.is_within("CL:0000000", &["CL:0000000"]));
        assert_eq!(reference.term("cl:0000540"), None);
        assert_eq!(reference.term("CL:9999999"), None);
        assert!(reference.is_below("EFO:0009899", &["EFO:0010183"]));
        assert!(reference.is_below("CHEBI:15365", &["CHEBI:24431"]));
        assert_eq!(reference.label(reference.term("CHEBI:15365").unwrap()), Some("acetylsalicylic acid"));
        assert_eq!(reference.label(reference.term("uniprot:Q99467").unwrap()), Some("CD180_HUMAN"));
        assert_eq!(reference.label(reference.term("CVCL_0004").unwrap()), Some("K-562"));
        assert!(reference.term("NCBITaxon:9615").is_some(), "a dog exists");
        assert_eq!(reference.term("NCBITaxon:1234"), None);
        assert_eq!(reference.terms_called(Ontology::named("CL").unwrap(), "Nerve cell")[0].0, "CL:0000540");
        assert!(reference.missing().is_empty());
    }

    #[test]
    fn cell_types_and_tissues_have_parents_that_lead_to_all_ancestors() {
        let reference = Reference::embedded();
        let parents = |id: &str| reference.parents(reference.term(id).unwrap());
        assert_eq!(parents("CL:0000000"), [""; 0]);
        assert!(parents("CL:0000236").contains(&"CL:0000945".to_owned()), "a B cell is a B-lineage lymphocyte");
        assert!(parents("UBERON:0002048").contains(&"UBERON:0000171".to_owned()), "a lung is a respiration organ");
        assert!(parents("EFO:0009899").is_empty());
        let terms = reference.all_terms(Ontology::named("CL").unwrap());
        assert!(terms.iter().all(|(id, ..)| !Reference::is_deprecated(reference.term(id).unwrap())));
        for (id, _, parents) in &terms {
            let leads_to_a_cell = parents.iter().any(|parent| reference.is_within(parent, &["CL:0000000"]));
            assert_eq!(leads_to_a_cell, reference.is_below(id, &["CL:0000000"]), "{id}");
        }
        assert!(reference.missing().is_empty());
    }

    #[test]
    fn a_deprecated_term_may_name_its_successor() {
        let reference = Reference::embedded();
        let term = reference.term("EFO:0009310").unwrap();
        assert!(Reference::is_deprecated(term));
        let aspirin = reference.term("CHEBI:1").unwrap();
        assert_eq!(reference.replacement(aspirin), Some("CHEBI:18357"));
    }

    #[test]
    fn every_table_of_the_manifest_is_part_of_the_program() {
        let manifest = include_str!("../../reference/manifest.json");
        let manifest: serde_json::Value = serde_json::from_str(manifest).unwrap();
        for (name, told) in manifest["files"].as_object().unwrap() {
            let n_bytes = Tables::bytes(&embedded::Embedded, name).map(|bytes| bytes.len() as u64);
            assert_eq!(n_bytes, told["bytes"].as_u64(), "{name}");
        }
    }

    #[test]
    fn the_prefix_of_a_gene_tells_its_list() {
        let reference = Reference::embedded();
        for (at, list) in GENE_LISTS.iter().enumerate() {
            let table = reference.gene_list(at).unwrap();
            assert!(table.n_rows() > 0, "{}", list.name);
            for row in 0..table.n_rows() {
                assert_eq!(reference.gene(&table.id(row)), Some(Gene { list: at, row }), "{}", table.id(row));
            }
        }
    }

    #[test]
    fn genes_have_names_lengths_and_types() {
        let reference = Reference::embedded();
        let gene = reference.gene("ENSG00000141510").unwrap();
        assert_eq!(Reference::gene_organism(gene), "NCBITaxon:9606");
        assert_eq!(reference.gene_name(gene, "ENSG00000141510"), "TP53");
        assert_eq!(reference.gene_type(gene), "protein_coding");
        assert!(reference.gene_length(gene) > 1000);
        assert_eq!(reference.gene("ENSG00000141510.7"), None);
        assert_eq!(reference.genes_named("NCBITaxon:9606", "TP53"), ["ENSG00000141510"]);
        let spike = reference.gene("ERCC-00002").unwrap();
        assert_eq!(reference.gene_name(spike, "ERCC-00002"), "ERCC-00002 (spike-in control)");
    }
}
