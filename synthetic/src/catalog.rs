//! What cells, genes and tissues are called: real names, so that a made-up dataset reads like one.

/// A cell type of the Cell Ontology.
pub struct CellType {
    pub name: &'static str,
    pub ontology_id: &'static str,
    /// The type it descends from or grades into, named earlier in the list.
    pub relative: Option<&'static str>,
    /// Genes that it expresses and few others do.
    pub markers: [&'static str; 3],
}

const fn root(name: &'static str, ontology_id: &'static str, markers: [&'static str; 3]) -> CellType {
    CellType { name, ontology_id, relative: None, markers }
}

const fn related(
    name: &'static str,
    ontology_id: &'static str,
    relative: &'static str,
    markers: [&'static str; 3],
) -> CellType {
    CellType { name, ontology_id, relative: Some(relative), markers }
}

/// Cell types, the commonest first: a dataset has the first few of them.
pub const CELL_TYPES: [CellType; 60] = [
    root("classical monocyte", "CL:0000860", ["CD14", "LYZ", "S100A9"]),
    root("naive B cell", "CL:0000788", ["MS4A1", "TCL1A", "FCER2"]),
    root("CD4-positive, alpha-beta memory T cell", "CL:0000897", ["IL7R", "CD4", "LTB"]),
    root("fibroblast", "CL:0000057", ["COL1A1", "DCN", "LUM"]),
    root("endothelial cell", "CL:0000115", ["PECAM1", "VWF", "CDH5"]),
    root("natural killer cell", "CL:0000623", ["GNLY", "NKG7", "NCAM1"]),
    related("macrophage", "CL:0000235", "classical monocyte", ["C1QA", "C1QB", "MRC1"]),
    root("basal cell", "CL:0000646", ["KRT5", "KRT15", "TP63"]),
    related(
        "CD8-positive, alpha-beta memory T cell",
        "CL:0000909",
        "CD4-positive, alpha-beta memory T cell",
        ["CD8A", "CD8B", "GZMK"],
    ),
    related("memory B cell", "CL:0000787", "naive B cell", ["CD27", "AIM2", "TNFRSF13B"]),
    root("neutrophil", "CL:0000775", ["FCGR3B", "CSF3R", "CXCR2"]),
    related("smooth muscle cell", "CL:0000192", "fibroblast", ["ACTA2", "MYH11", "TAGLN"]),
    root("enterocyte", "CL:0000584", ["FABP1", "APOA1", "ALPI"]),
    root("hepatocyte", "CL:0000182", ["ALB", "APOB", "TTR"]),
    related("plasma cell", "CL:0000786", "memory B cell", ["JCHAIN", "MZB1", "IGHG1"]),
    root("erythroid progenitor cell", "CL:0000038", ["GATA1", "KLF1", "TFRC"]),
    related("erythrocyte", "CL:0000232", "erythroid progenitor cell", ["HBA1", "HBB", "ALAS2"]),
    root("dendritic cell", "CL:0000451", ["FCER1A", "CLEC10A", "CD1C"]),
    root("pulmonary alveolar type 2 cell", "CL:0002063", ["SFTPC", "SFTPA1", "NAPSA"]),
    related("keratinocyte", "CL:0000312", "basal cell", ["KRT1", "KRT10", "DSP"]),
    related("regulatory T cell", "CL:0000815", "CD4-positive, alpha-beta memory T cell", ["FOXP3", "IL2RA", "CTLA4"]),
    related("goblet cell", "CL:0000160", "enterocyte", ["MUC2", "TFF3", "SPINK4"]),
    related("pericyte", "CL:0000669", "smooth muscle cell", ["RGS5", "PDGFRB", "CSPG4"]),
    related("intestinal crypt stem cell", "CL:0002250", "enterocyte", ["LGR5", "OLFM4", "ASCL2"]),
    related("hematopoietic stem cell", "CL:0000037", "erythroid progenitor cell", ["CD34", "AVP", "HLF"]),
    related("non-classical monocyte", "CL:0000875", "classical monocyte", ["FCGR3A", "CDKN1C", "MS4A7"]),
    related("capillary endothelial cell", "CL:0002144", "endothelial cell", ["CA4", "RGCC", "BTNL9"]),
    related("endothelial cell of lymphatic vessel", "CL:0002138", "endothelial cell", ["LYVE1", "PROX1", "CCL21"]),
    root("mast cell", "CL:0000097", ["TPSAB1", "CPA3", "KIT"]),
    related(
        "CD8-positive, alpha-beta cytotoxic T cell",
        "CL:0000794",
        "CD8-positive, alpha-beta memory T cell",
        ["GZMB", "PRF1", "FGFBP2"],
    ),
    root("epithelial cell of proximal tubule", "CL:0002306", ["LRP2", "CUBN", "SLC34A1"]),
    root("astrocyte", "CL:0000127", ["GFAP", "AQP4", "SLC1A2"]),
    root("oligodendrocyte", "CL:0000128", ["MBP", "PLP1", "MOG"]),
    root("neuron", "CL:0000540", ["RBFOX3", "SNAP25", "SYT1"]),
    related("microglial cell", "CL:0000129", "macrophage", ["P2RY12", "TMEM119", "CX3CR1"]),
    root("cardiac muscle cell", "CL:0000746", ["TNNT2", "MYH6", "NPPA"]),
    root("pancreatic acinar cell", "CL:0002064", ["PRSS1", "CPA1", "CELA3A"]),
    related("pancreatic ductal cell", "CL:0002079", "pancreatic acinar cell", ["KRT19", "CFTR", "SOX9"]),
    root("type B pancreatic cell", "CL:0000169", ["INS", "IAPP", "MAFA"]),
    related("pancreatic A cell", "CL:0000171", "type B pancreatic cell", ["GCG", "ARX", "LOXL4"]),
    root("adipocyte", "CL:0000136", ["ADIPOQ", "PLIN1", "LEP"]),
    related("myofibroblast cell", "CL:0000186", "fibroblast", ["POSTN", "CTHRC1", "ACTG2"]),
    root("ciliated cell", "CL:0000064", ["FOXJ1", "TPPP3", "CAPS"]),
    related("club cell", "CL:0000158", "ciliated cell", ["SCGB1A1", "SCGB3A1", "BPIFB1"]),
    related(
        "pulmonary alveolar type 1 cell",
        "CL:0002062",
        "pulmonary alveolar type 2 cell",
        ["AGER", "CAV1", "CLIC5"],
    ),
    root("melanocyte", "CL:0000148", ["PMEL", "MLANA", "TYR"]),
    related("plasmacytoid dendritic cell", "CL:0000784", "dendritic cell", ["LILRA4", "IL3RA", "CLEC4C"]),
    related("thymocyte", "CL:0000893", "CD8-positive, alpha-beta memory T cell", ["CD1A", "RAG1", "PTCRA"]),
    related("pro-B cell", "CL:0000826", "naive B cell", ["VPREB1", "DNTT", "IGLL1"]),
    related("megakaryocyte", "CL:0000556", "hematopoietic stem cell", ["PF4", "ITGA2B", "PPBP"]),
    related("gamma-delta T cell", "CL:0000798", "natural killer cell", ["TRDC", "TRGC1", "TRDV2"]),
    related(
        "mucosal invariant T cell",
        "CL:0000940",
        "CD8-positive, alpha-beta memory T cell",
        ["SLC4A10", "ZBTB16", "KLRB1"],
    ),
    related("enteroendocrine cell", "CL:0000164", "intestinal crypt stem cell", ["CHGA", "CHGB", "NEUROD1"]),
    related("paneth cell", "CL:0000510", "intestinal crypt stem cell", ["DEFA5", "DEFA6", "REG3A"]),
    related("brush cell", "CL:0002204", "intestinal crypt stem cell", ["POU2F3", "TRPM5", "AVIL"]),
    root("mesothelial cell", "CL:0000077", ["MSLN", "UPK3B", "CALB2"]),
    root("skeletal muscle satellite cell", "CL:0000594", ["PAX7", "MYF5", "MYOD1"]),
    root("Schwann cell", "CL:0002573", ["MPZ", "SOX10", "CDH19"]),
    root("podocyte", "CL:0000653", ["NPHS1", "NPHS2", "PODXL"]),
    related("oligodendrocyte precursor cell", "CL:0002453", "oligodendrocyte", ["PDGFRA", "OLIG1", "VCAN"]),
];

/// Tissues with their terms of Uberon.
pub const TISSUES: [(&str, &str); 15] = [
    ("blood", "UBERON:0000178"),
    ("bone marrow", "UBERON:0002371"),
    ("lung", "UBERON:0002048"),
    ("liver", "UBERON:0002107"),
    ("small intestine", "UBERON:0002108"),
    ("spleen", "UBERON:0002106"),
    ("kidney", "UBERON:0002113"),
    ("skin of body", "UBERON:0002097"),
    ("heart", "UBERON:0000948"),
    ("lymph node", "UBERON:0000029"),
    ("large intestine", "UBERON:0000059"),
    ("pancreas", "UBERON:0001264"),
    ("brain", "UBERON:0000955"),
    ("thymus", "UBERON:0002370"),
    ("adipose tissue", "UBERON:0001013"),
];

/// The genes that the mitochondrion encodes.
pub const MITOCHONDRIAL: [&str; 13] = [
    "MT-ND1", "MT-ND2", "MT-CO1", "MT-CO2", "MT-ATP8", "MT-ATP6", "MT-CO3", "MT-ND3", "MT-ND4L", "MT-ND4", "MT-ND5",
    "MT-ND6", "MT-CYB",
];

/// Genes that nearly every cell expresses strongly.
pub const HOUSEKEEPING: [&str; 48] = [
    "MALAT1", "B2M", "TMSB4X", "EEF1A1", "ACTB", "TPT1", "FTL", "FTH1", "GAPDH", "PTMA", "TMSB10", "FAU", "RPLP1",
    "RPL10", "RPL13", "RPS27", "RPL41", "RPS12", "RPLP2", "RPL34", "RPS18", "RPL32", "RPS2", "RPS19", "RPL28", "RPS3A",
    "RPL11", "RPS14", "RPL18A", "RPL30", "RPS6", "RPL13A", "RPS23", "RPS15A", "RPL3", "RPS27A", "RPL19", "RPS28",
    "RPL26", "RPS29", "RPL39", "RPL37", "RPL7", "RPS24", "RPS8", "EEF1B2", "NACA", "UBA52",
];

/// Genes of cells that copy their DNA (S phase).
pub const S_PHASE: [&str; 12] =
    ["MCM5", "PCNA", "TYMS", "FEN1", "MCM2", "RRM1", "UNG", "GINS2", "MCM6", "DTL", "PRIM1", "RRM2"];

/// Genes of cells about to divide (G2 and M phase).
pub const G2M_PHASE: [&str; 12] =
    ["MKI67", "CDK1", "TOP2A", "NUSAP1", "UBE2C", "BIRC5", "TPX2", "CENPF", "CCNB2", "TACC3", "CKS2", "HMMR"];

/// Genes of the Y chromosome.
pub const MALE: [&str; 4] = ["RPS4Y1", "DDX3Y", "KDM5D", "UTY"];

/// The gene by which a second X chromosome is known.
pub const FEMALE: [&str; 1] = ["XIST"];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn relatives_come_first_so_that_any_number_of_types_is_whole() {
        for (i, cell_type) in CELL_TYPES.iter().enumerate() {
            if let Some(relative) = cell_type.relative {
                assert!(CELL_TYPES[..i].iter().any(|earlier| earlier.name == relative), "{}", cell_type.name);
            }
        }
    }

    #[test]
    fn no_name_is_given_twice() {
        let markers = CELL_TYPES.iter().flat_map(|cell_type| cell_type.markers);
        let genes: Vec<&str> = markers
            .chain(MITOCHONDRIAL)
            .chain(HOUSEKEEPING)
            .chain(S_PHASE)
            .chain(G2M_PHASE)
            .chain(MALE)
            .chain(FEMALE)
            .collect();
        assert_eq!(genes.iter().collect::<BTreeSet<_>>().len(), genes.len());
        let ids: BTreeSet<_> = CELL_TYPES.iter().map(|cell_type| cell_type.ontology_id).collect();
        assert_eq!(ids.len(), CELL_TYPES.len());
        let tissues: BTreeSet<_> = TISSUES.iter().flat_map(|(name, id)| [name, id]).collect();
        assert_eq!(tissues.len(), 2 * TISSUES.len());
    }
}
