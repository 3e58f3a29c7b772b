//! Keeps what the parts of a program are cut out by: what refers to what, in the Explorer's programs.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_FEATURE_PARTS").is_some() {
        for program in ["explorer", "embedded"] {
            println!("cargo::rustc-link-arg-bin={program}=--emit-relocs");
        }
    }
}
