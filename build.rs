//! Compiles the C shim over libjpeg-turbo; without the feature `native-codecs` there is nothing to build.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    #[cfg(feature = "native-codecs")]
    jpeg_shim();
}

/// `turbojpeg-sys` builds libjpeg-turbo (its static library holds the whole libjpeg API) and tells where its headers
/// lie. libjpeg reports errors by longjmp, which must stay within C: hence a shim instead of Rust bindings.
#[cfg(feature = "native-codecs")]
fn jpeg_shim() {
    let shim = "src/engine/pixels/jpeg/shim.c";
    println!("cargo:rerun-if-changed={shim}");
    println!("cargo:rerun-if-env-changed=DEP_TURBOJPEG_INCLUDE");
    let mut build = cc::Build::new();
    build.file(shim).warnings(true);
    // Several directories come joined by commas; none are told where the compiler finds the headers by itself.
    for directory in std::env::var("DEP_TURBOJPEG_INCLUDE")
        .unwrap_or_default()
        .split(',')
        .filter(|d| !d.is_empty())
    {
        build.include(directory);
    }
    // Bytes are moved in here: optimise in every profile.
    if std::env::var("OPT_LEVEL").is_ok_and(|level| matches!(level.as_str(), "0" | "1")) {
        build.opt_level(2);
    }
    build.compile("shardpress_jpeg_shim");
}
