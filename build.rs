//! Compiles the C shim over libjpeg-turbo (with the feature `native-codecs`), tells the program which build it is, and puts what
//! Windows reads into its programs.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    which_build();
    #[cfg(feature = "native-codecs")]
    jpeg_shim();
    // Of the target, not of the machine that builds.
    if std::env::var_os("CARGO_CFG_WINDOWS").is_some() {
        windows_resources();
    }
}

/// Icon, version, and the manifest: sharp on every screen, long paths, UTF-8.
///
/// By `rc.exe` of the Windows SDK for MSVC, by `windres` for MinGW.
fn windows_resources() {
    const ICON: &str = "assets/windows/shardpress.ico";
    const MANIFEST: &str = "assets/windows/shardpress.manifest";
    for file in [ICON, MANIFEST] {
        println!("cargo:rerun-if-changed={file}");
    }
    // The second is what the task manager and "Open with" call it.
    for (program, called) in [("shardpress", "Shardpress on the command line"), ("shardpress-gui", "Shardpress")] {
        let mut resources = winresource::WindowsResource::new();
        resources
            .set_icon(ICON)
            .set_manifest_file(MANIFEST)
            .set("ProductName", "Shardpress")
            .set("FileDescription", called)
            .set("CompanyName", "The Shardpress developers")
            .set("LegalCopyright", "MIT or Apache-2.0")
            .set("InternalName", program)
            .set("OriginalFilename", &format!("{program}.exe"));
        match resources.compile_for(program) {
            Ok(()) => {}
            Err(error) if cfg!(windows) => panic!("no resources for {program}.exe: {error}. rc.exe comes with the Windows SDK"),
            // A type check from another system links nothing and has no such tool.
            Err(error) => println!("cargo:warning={program}.exe gets no icon, no version and no manifest: {error}"),
        }
    }
}

/// Target and commit, for the about box. The commit is what whoever builds says in `SHARDPRESS_COMMIT`, or what cargo wrote into a
/// package that it made. Git is not asked: a tarball has none, and every commit would compile the program anew.
fn which_build() {
    println!("cargo:rustc-env=SHARDPRESS_TARGET={}", std::env::var("TARGET").unwrap_or_default());
    println!("cargo:rerun-if-env-changed=SHARDPRESS_COMMIT");
    let packed = ".cargo_vcs_info.json";
    let mut commit = std::env::var("SHARDPRESS_COMMIT").unwrap_or_default();
    if let Ok(text) = std::fs::read_to_string(packed) {
        println!("cargo:rerun-if-changed={packed}");
        if commit.is_empty() {
            let after = text.split("\"sha1\"").nth(1).and_then(|rest| rest.split('"').nth(1));
            commit = after.unwrap_or_default().to_owned();
        }
    }
    // Anything else is no commit, and stands nowhere.
    let commit: String = commit.trim().chars().take_while(char::is_ascii_hexdigit).collect();
    println!("cargo:rustc-env=SHARDPRESS_COMMIT={commit}");
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
