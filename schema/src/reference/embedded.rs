//! The tables as parts of the program.

use std::borrow::Cow;

use super::Tables;

/// All tables.
pub(super) struct Embedded;

impl Tables for Embedded {
    fn bytes(&self, file: &str) -> Option<Cow<'static, [u8]>> {
        let bytes: &[u8] = match file {
            "chebi-labels.bin" => include_bytes!("../../reference/chebi-labels.bin"),
            "chebi.bin" => include_bytes!("../../reference/chebi.bin"),
            "cl-parents.bin" => include_bytes!("../../reference/cl-parents.bin"),
            "cl-synonyms.bin" => include_bytes!("../../reference/cl-synonyms.bin"),
            "cl.bin" => include_bytes!("../../reference/cl.bin"),
            "cvcl.bin" => include_bytes!("../../reference/cvcl.bin"),
            "efo-synonyms.bin" => include_bytes!("../../reference/efo-synonyms.bin"),
            "efo.bin" => include_bytes!("../../reference/efo.bin"),
            "fbbt-synonyms.bin" => include_bytes!("../../reference/fbbt-synonyms.bin"),
            "fbbt.bin" => include_bytes!("../../reference/fbbt.bin"),
            "fbdv-synonyms.bin" => include_bytes!("../../reference/fbdv-synonyms.bin"),
            "fbdv.bin" => include_bytes!("../../reference/fbdv.bin"),
            "genes-caenorhabditis-elegans.bin" => include_bytes!("../../reference/genes-caenorhabditis-elegans.bin"),
            "genes-callithrix-jacchus.bin" => include_bytes!("../../reference/genes-callithrix-jacchus.bin"),
            "genes-danio-rerio.bin" => include_bytes!("../../reference/genes-danio-rerio.bin"),
            "genes-drosophila-melanogaster.bin" => include_bytes!("../../reference/genes-drosophila-melanogaster.bin"),
            "genes-ercc.bin" => include_bytes!("../../reference/genes-ercc.bin"),
            "genes-gorilla-gorilla.bin" => include_bytes!("../../reference/genes-gorilla-gorilla.bin"),
            "genes-homo-sapiens.bin" => include_bytes!("../../reference/genes-homo-sapiens.bin"),
            "genes-macaca-fascicularis.bin" => include_bytes!("../../reference/genes-macaca-fascicularis.bin"),
            "genes-macaca-mulatta.bin" => include_bytes!("../../reference/genes-macaca-mulatta.bin"),
            "genes-microcebus-murinus.bin" => include_bytes!("../../reference/genes-microcebus-murinus.bin"),
            "genes-mus-musculus.bin" => include_bytes!("../../reference/genes-mus-musculus.bin"),
            "genes-oryctolagus-cuniculus.bin" => include_bytes!("../../reference/genes-oryctolagus-cuniculus.bin"),
            "genes-pan-troglodytes.bin" => include_bytes!("../../reference/genes-pan-troglodytes.bin"),
            "genes-rattus-norvegicus.bin" => include_bytes!("../../reference/genes-rattus-norvegicus.bin"),
            "genes-sars-cov-2.bin" => include_bytes!("../../reference/genes-sars-cov-2.bin"),
            "genes-sus-scrofa.bin" => include_bytes!("../../reference/genes-sus-scrofa.bin"),
            "hancestro-synonyms.bin" => include_bytes!("../../reference/hancestro-synonyms.bin"),
            "hancestro.bin" => include_bytes!("../../reference/hancestro.bin"),
            "hsapdv-synonyms.bin" => include_bytes!("../../reference/hsapdv-synonyms.bin"),
            "hsapdv.bin" => include_bytes!("../../reference/hsapdv.bin"),
            "mmusdv-synonyms.bin" => include_bytes!("../../reference/mmusdv-synonyms.bin"),
            "mmusdv.bin" => include_bytes!("../../reference/mmusdv.bin"),
            "mondo-synonyms.bin" => include_bytes!("../../reference/mondo-synonyms.bin"),
            "mondo.bin" => include_bytes!("../../reference/mondo.bin"),
            "ncbitaxon-others.bin" => include_bytes!("../../reference/ncbitaxon-others.bin"),
            "ncbitaxon-synonyms.bin" => include_bytes!("../../reference/ncbitaxon-synonyms.bin"),
            "ncbitaxon.bin" => include_bytes!("../../reference/ncbitaxon.bin"),
            "pato-synonyms.bin" => include_bytes!("../../reference/pato-synonyms.bin"),
            "pato.bin" => include_bytes!("../../reference/pato.bin"),
            "uberon-parents.bin" => include_bytes!("../../reference/uberon-parents.bin"),
            "uberon-synonyms.bin" => include_bytes!("../../reference/uberon-synonyms.bin"),
            "uberon.bin" => include_bytes!("../../reference/uberon.bin"),
            "uniprot-labels.bin" => include_bytes!("../../reference/uniprot-labels.bin"),
            "uniprot.bin" => include_bytes!("../../reference/uniprot.bin"),
            "wbbt-synonyms.bin" => include_bytes!("../../reference/wbbt-synonyms.bin"),
            "wbbt.bin" => include_bytes!("../../reference/wbbt.bin"),
            "wbls-synonyms.bin" => include_bytes!("../../reference/wbls-synonyms.bin"),
            "wbls.bin" => include_bytes!("../../reference/wbls.bin"),
            "zfa-synonyms.bin" => include_bytes!("../../reference/zfa-synonyms.bin"),
            "zfa.bin" => include_bytes!("../../reference/zfa.bin"),
            _ => return None,
        };
        Some(Cow::Borrowed(bytes))
    }
}
