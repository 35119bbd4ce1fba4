//! Only the named fields differ, and only where they told of the old image: by rows, and for any JSON.

use std::collections::HashSet;

use proptest::prelude::*;

use super::edit::{Change, Edited, NotJson, Wishes, edit_json, edit_rows};
use crate::engine::pixels::Size;

const TAG: &str = "flat";

fn size(width: u32, height: u32) -> Size {
    Size { width, height }
}

/// `a.png` of 1024 × 768 becomes `a.jpg` of 512 × 384.
fn change() -> Change {
    Change {
        old_name: "a.png".into(),
        new_name: "a.jpg".into(),
        old: [size(1024, 768), size(1024, 768)],
        new: size(512, 384),
        flattened: true,
    }
}

fn folders() -> HashSet<String> {
    HashSet::from(["sub".to_owned()])
}

fn alone(file: &[u8], change: &Change) -> Result<Edited, NotJson> {
    let wishes = Wishes {
        update: true,
        tag: Some(TAG),
        folders: &folders(),
    };
    edit_json(file, &[change], true, wishes)
}

#[track_caller]
fn becomes(change: &Change, before: &str, after: &str) {
    let edited = alone(before.as_bytes(), change).expect("json");
    let found = edited.bytes.as_deref().map(String::from_utf8_lossy);
    assert_eq!(found.as_deref().unwrap_or(before), after, "{before}");
    assert_eq!(edited.of.contains(&0), before != after, "{before}");
    let again = alone(after.as_bytes(), change).expect("json");
    assert_eq!(again.bytes, None, "a second time: {after}");
}

#[test]
fn names() {
    for (before, after) in [
        (r#"{"filename":"a.png"}"#, r#"{"filename":"a.jpg"}"#),
        (
            r#"{"file_name": "a.png" , "image":"a.png","path":"a.png"}"#,
            r#"{"file_name": "a.jpg" , "image":"a.jpg","path":"a.jpg"}"#,
        ),
        (r#"{"path":"/data/x/a.png"}"#, r#"{"path":"/data/x/a.jpg"}"#),
        (r#"{"path":"C:\\x\\a.png"}"#, r#"{"path":"C:\\x\\a.jpg"}"#),
        (r#"{"path":"\/x\/a.png"}"#, r#"{"path":"\/x\/a.jpg"}"#),
        (r#"{"path":"./a.png"}"#, r#"{"path":"./a.jpg"}"#),
        (r#"{"path":"d\u002f\u0061.png"}"#, r#"{"path":"d\u002f\u0061.jpg"}"#),
        (r#"{"\u0070ath":"a.png"}"#, r#"{"\u0070ath":"a.jpg"}"#),
        (
            r#"{"path":"a.png","path":"b.png","path":"a.png"}"#,
            r#"{"path":"a.jpg","path":"b.png","path":"a.jpg"}"#,
        ),
        // One level down, where the object names it; sizes there belong to it.
        (
            r#"{"image":{"file_name":"a.png","width":1024}}"#,
            r#"{"image":{"file_name":"a.jpg","width":512}}"#,
        ),
        (
            r#"[{"file_name":"a.png","height":768},{"height":768}]"#,
            r#"[{"file_name":"a.jpg","height":384},{"height":768}]"#,
        ),
    ] {
        becomes(&change(), before, after);
    }
    for same in [
        r#"{"filename":"a"}"#,
        r#"{"filename":"A.png"}"#,
        r#"{"filename":"xa.png"}"#,
        r#"{"filename":"a.png "}"#,
        r#"{"filename":"a.png/"}"#,
        r#"{"filename":["a.png"]}"#,
        r#"{"filename":"sub/a.png","path":".\\sub\\a.png"}"#,
        r#"{"path":"https://host/a.png"}"#,
        r#"{"Filename":"a.png","name":"a.png","caption":"a.png"}"#,
        r#"{"x":{"width":1024}}"#,
        r#"{"x":{"y":{"path":"a.png"}}}"#,
        r#"[[{"path":"a.png"}]]"#,
        r#""a.png""#,
        r#"{"path":"\ud800"}"#,
    ] {
        becomes(&change(), same, same);
    }
}

#[test]
fn names_beyond_plain_ones() {
    let strange = Change {
        old_name: "\u{e9} \"x\"\u{1f600}.webp".into(),
        new_name: "\u{e9} \"x\"\u{1f600}-2.jpg".into(),
        ..change()
    };
    becomes(
        &strange,
        r#"{"path":"d/\u00e9 \"x\"\ud83d\ude00.webp"}"#,
        r#"{"path":"d/\u00e9 \"x\"\ud83d\ude00-2.jpg"}"#,
    );
    let no_ending = Change {
        old_name: "abc".into(),
        new_name: "abc.jpg".into(),
        ..change()
    };
    becomes(&no_ending, r#"{"path":"abc","ext":""}"#, r#"{"path":"abc.jpg","ext":""}"#);
}

#[test]
fn sizes() {
    for (before, after) in [
        (r#"{"width":1024,"height":768}"#, r#"{"width":512,"height":384}"#),
        (r#"{"width":1024.0,"height":768.000}"#, r#"{"width":512.0,"height":384.000}"#),
        (r#"{"width":1.024e3,"height":768E0}"#, r#"{"width":512.0,"height":384.0}"#),
        (r#"{"width":"1024","height":"0768"}"#, r#"{"width":"512","height":"0768"}"#),
        (r#"{"width":1023,"height":768.5}"#, r#"{"width":1023,"height":768.5}"#),
        (r#"{"width":-1024,"height":null}"#, r#"{"width":-1024,"height":null}"#),
        (r#"{"width":768,"height":1024}"#, r#"{"width":768,"height":1024}"#),
        (r#"{"original_width":1024,"Width":1024}"#, r#"{"original_width":1024,"Width":1024}"#),
        (
            r#"{"width":1e400,"height":18446744073709551616}"#,
            r#"{"width":1e400,"height":18446744073709551616}"#,
        ),
    ] {
        becomes(&change(), before, after);
    }
    // Stored on its side: some tools write the one size, some the other; the replacement has one.
    let turned = Change {
        old: [size(768, 1024), size(1024, 768)],
        new: size(384, 512),
        ..change()
    };
    for before in [r#"{"width":768,"height":1024}"#, r#"{"width":1024,"height":768}"#] {
        becomes(&turned, before, r#"{"width":384,"height":512}"#);
    }
    let zeros = format!("{{\"width\":1024.{}}}", "0".repeat(70_000));
    assert!(alone(zeros.as_bytes(), &change()).expect("json").bytes.is_some());
}

#[test]
fn endings() {
    for (before, after) in [
        (r#"{"ext":"png"}"#, r#"{"ext":"jpg"}"#),
        (r#"{"ext":".png"}"#, r#"{"ext":".jpg"}"#),
        (r#"{"ext":"PNG"}"#, r#"{"ext":"JPG"}"#),
        (r#"{"ext":".Png"}"#, r#"{"ext":".Jpg"}"#),
        (r#"{"ext":"webp"}"#, r#"{"ext":"webp"}"#),
        (r#"{"ext":"..png"}"#, r#"{"ext":"..png"}"#),
        (r#"{"extension":"png"}"#, r#"{"extension":"png"}"#),
    ] {
        becomes(&change(), before, after);
    }
}

#[test]
fn tags() {
    for (before, after) in [
        (r#"{"tags":["x","y"]}"#, r#"{"tags":["x","y","flat"]}"#),
        (r#"{"tags": ["x", "y"]}"#, r#"{"tags": ["x", "y", "flat"]}"#),
        (r#"{"tags": ["x"]}"#, r#"{"tags": ["x", "flat"]}"#),
        (r#"{"tags":["x"]}"#, r#"{"tags":["x","flat"]}"#),
        (r#"{"tags":[]}"#, r#"{"tags":["flat"]}"#),
        (r#"{"tags":[ "flat" ]}"#, r#"{"tags":[ "flat" ]}"#),
        (r#"{"tags":["fl\u0061t"]}"#, r#"{"tags":["fl\u0061t"]}"#),
        ("{\"tags\":[\r\n\t\"x\"\r\n]}", "{\"tags\":[\r\n\t\"x\",\r\n\t\"flat\"\r\n]}"),
        (
            "{\"tags\":[\n  \"x\",\n  \"y\"\n]}",
            "{\"tags\":[\n  \"x\",\n  \"y\",\n  \"flat\"\n]}",
        ),
        (r#"{"tags":"x, y"}"#, r#"{"tags":"x, y, flat"}"#),
        (r#"{"tags":"x,y"}"#, r#"{"tags":"x,y,flat"}"#),
        (r#"{"tags":"x"}"#, r#"{"tags":"x, flat"}"#),
        (r#"{"tags":""}"#, r#"{"tags":"flat"}"#),
        (r#"{"tags":"x, "}"#, r#"{"tags":"x, flat"}"#),
        (r#"{"tags":"x,"}"#, r#"{"tags":"x, flat"}"#),
        (r#"{"tags":"long_hair solo"}"#, r#"{"tags":"long_hair solo flat"}"#),
        (r#"{"tags":"long hair"}"#, r#"{"tags":"long hair, flat"}"#),
        (r#"{"tags":"x, flat, y"}"#, r#"{"tags":"x, flat, y"}"#),
        (r#"{"tags":"long_hair flat"}"#, r#"{"tags":"long_hair flat"}"#),
        (r#"{"tags":["x"],"tags":["y"]}"#, r#"{"tags":["x","flat"],"tags":["y","flat"]}"#),
        (r#"{"tags":{"general":["x"]}}"#, r#"{"tags":{"general":["x"]}}"#),
        (r#"{"tags":["x",1]}"#, r#"{"tags":["x",1]}"#),
        (r#"{"tags":null}"#, r#"{"tags":null}"#),
        (r#"{"Tags":"x"}"#, r#"{"Tags":"x"}"#),
    ] {
        becomes(&change(), before, after);
    }
    let is_tagged = |file: &str, change: &Change| alone(file.as_bytes(), change).expect("json").tagged.contains(&0);
    assert!(!is_tagged(r#"{"caption":"x"}"#, &change()));
    assert!(!is_tagged(r#"{"tags":null}"#, &change()));
    assert!(is_tagged(r#"{"tags":"x"}"#, &change()));
    assert!(is_tagged(r#"{"tags":"flat"}"#, &change()), "before");
    let opaque = Change {
        flattened: false,
        ..change()
    };
    assert!(!is_tagged(r#"{"tags":"x"}"#, &opaque));
    becomes(&opaque, r#"{"tags":"x"}"#, r#"{"tags":"x"}"#);
}

#[test]
fn each_wish_by_itself() {
    let before = r#"{"path":"a.png","width":1024,"tags":"x"}"#;
    for (update, tag, after) in [
        (true, None, r#"{"path":"a.jpg","width":512,"tags":"x"}"#),
        (false, Some(TAG), r#"{"path":"a.png","width":1024,"tags":"x, flat"}"#),
        (false, None, before),
    ] {
        let wishes = Wishes {
            update,
            tag,
            folders: &folders(),
        };
        let edited = edit_json(before.as_bytes(), &[&change()], true, wishes).expect("json");
        assert_eq!(edited.named, 1, "whether or not it is renamed");
        assert_eq!(edited.bytes.as_deref().unwrap_or(before.as_bytes()), after.as_bytes());
    }
}

/// `a.json` beside `a.png` and `a.webp`: what it says without a name may be about either.
#[test]
fn a_sidecar_of_several_images_is_edited_where_it_names_them() {
    let (png, webp) = (
        change(),
        Change {
            old_name: "a.webp".into(),
            new_name: "a-2.jpg".into(),
            ..change()
        },
    );
    let wishes = Wishes {
        update: true,
        tag: None,
        folders: &folders(),
    };
    let before = r#"{"width":1024,"path":"a.webp","other":{"image":"a.png","width":1024}}"#;
    let both = edit_json(before.as_bytes(), &[&png, &webp], false, wishes).expect("json");
    let after = r#"{"width":512,"path":"a-2.jpg","other":{"image":"a.jpg","width":512}}"#;
    assert_eq!(both.bytes.as_deref(), Some(after.as_bytes()));
    assert_eq!((both.of.len(), both.named), (2, 2));
    let one = edit_json(br#"{"width":1024}"#, &[&png], false, wishes).expect("json");
    assert_eq!(one, Edited::default());
}

#[test]
fn rows() {
    let before = "\u{feff}{\"file_name\": \"a.png\", \"width\": 1024}\r\n\r\n{\"file_name\":\"b.png\",\"width\":1024}\n\
        {'file_name':'a.png'}\n{\"text\":\"a.png\",\"width\":1024}\n \u{fe0f}\n{\"image\":{\"path\":\"x/a.png\"}}";
    let after = before
        .replacen("a.png\", \"width\": 1024", "a.jpg\", \"width\": 512", 1)
        .replace("x/a.png", "x/a.jpg");
    let wishes = Wishes {
        update: true,
        tag: None,
        folders: &folders(),
    };
    let edited = edit_rows(before.as_bytes(), &[&change()], wishes);
    assert_eq!(edited.bytes.as_deref(), Some(after.as_bytes()));
    assert_eq!((edited.named, edited.invalid_rows), (2, 2));
    assert_eq!(edit_rows(after.as_bytes(), &[&change()], wishes).bytes, None);
    assert_eq!(edit_rows(b"", &[&change()], wishes), Edited::default());
}

/// Any JSON by construction: every value is text before and text after, so what must come out is known without knowing
/// how the editor works.
#[derive(Debug, Clone)]
enum Node {
    /// Stays.
    Leaf(String),
    Array(Vec<Node>),
    Object(Vec<Member>),
}

#[derive(Debug, Clone)]
enum Member {
    /// Some key and value.
    Other(String, Node),
    /// A field that tells of the old image: key, before, after.
    Tells(&'static str, String, String),
    /// A field that names it.
    Names(&'static str, String, String),
}

/// One JSON string in many spellings.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[ a-z\u{e9}\u{4e00}\u{1f600}]{0,6}",
        Just(r#"\""#.to_owned()),
        Just(r"\\".to_owned()),
        Just(r"\/".to_owned()),
        Just(r"\n".to_owned()),
        Just(r"\u00e9".to_owned()),
        Just(r"\uD83D\ude00".to_owned()),
        Just("a.png".to_owned()),
        Just("1024".to_owned()),
    ];
    prop::collection::vec(piece, 0..4).prop_map(|pieces| format!("\"{}\"", pieces.concat()))
}

fn leaf() -> impl Strategy<Value = String> {
    prop_oneof![
        text(),
        any::<i64>().prop_map(|n| n.to_string()),
        prop::sample::select(vec![
            "null",
            "true",
            "false",
            "0",
            "-0",
            "-0.0",
            "1E+2",
            "1024",
            "768",
            "1024.0",
            "0.1e-7",
            "123456789012345678901234567890",
            "[]",
            "{}",
            "[ ]",
            "{\t}",
        ])
        .prop_map(str::to_owned),
    ]
}

fn member(value: impl Strategy<Value = Node> + 'static) -> impl Strategy<Value = Member> {
    let telling = [
        (r#""width""#, "1024", "512"),
        (r#""wid\u0074h""#, "1024.00", "512.00"),
        (r#""width""#, "10.24e2", "512.0"),
        (r#""width""#, r#""1024""#, r#""512""#),
        (r#""height""#, "768", "384"),
        (r#""height""#, "512", "512"),
        (r#""ext""#, r#""png""#, r#""jpg""#),
        (r#""ext""#, r#"".PNG""#, r#"".JPG""#),
        (r#""ext""#, "7", "7"),
        (r#""tags""#, r#"["x" ,"y"]"#, r#"["x" ,"y" ,"flat"]"#),
        (r#""tags""#, "[ \"x\",\r\n\"y\" ]", "[ \"x\",\r\n\"y\",\r\n\"flat\" ]"),
        (r#""tags""#, r#""x, \u0079""#, r#""x, \u0079, flat""#),
        (r#""t\u0061gs""#, r#""x,flat""#, r#""x,flat""#),
    ];
    let folder = prop::sample::select(vec!["", "d/", r"\/d\/", r"C:\\d\\", r"d\u002F", r"d\u005ce\u0301/"]);
    let stem = prop::sample::select(vec!["a.", r"\u0061.", r"a\u002e"]);
    let key = prop::sample::select(vec![r#""filename""#, r#""file_name""#, r#""image""#, r#""path""#, r#""p\u0061th""#]);
    prop_oneof![
        6 => (other_key(), value).prop_map(|(key, value)| Member::Other(key, value)),
        3 => prop::sample::select(telling.to_vec()).prop_map(|(k, b, a)| Member::Tells(k, b.to_owned(), a.to_owned())),
        1 => (key, folder, stem).prop_map(|(key, folder, stem)| {
            Member::Names(key, format!("\"{folder}{stem}png\""), format!("\"{folder}{stem}jpg\""))
        }),
    ]
}

/// Keys that are none of the named fields, or look like one.
fn other_key() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("\"original_width\"".to_owned()),
        Just("\"Width\"".to_owned()),
        Just("\"name\"".to_owned()),
        Just("\"\"".to_owned()),
        text().prop_map(|t| format!("\"_{}", &t[1..])),
    ]
}

fn node() -> impl Strategy<Value = Node> {
    leaf().prop_map(Node::Leaf).prop_recursive(4, 48, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Node::Array),
            prop::collection::vec(member(inner), 0..8).prop_map(Node::Object),
        ]
    })
}

/// Writes a node, with what is edited (`after`) or without. `own`: the object tells of the image without naming it.
fn write(node: &Node, after: bool, own: bool, depth: u32, blanks: &mut impl Iterator<Item = &'static str>, out: &mut String) {
    let blank = |out: &mut String, blanks: &mut dyn Iterator<Item = &'static str>| out.push_str(blanks.next().unwrap_or(""));
    blank(out, blanks);
    match node {
        Node::Leaf(text) => out.push_str(text),
        Node::Array(elements) => {
            out.push('[');
            for (index, element) in elements.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                write(element, after, false, depth + 1, blanks, out);
            }
            out.push(']');
        }
        Node::Object(members) => {
            let edited = after && depth < 2 && (own || members.iter().any(|m| matches!(m, Member::Names(..))));
            out.push('{');
            for (index, member) in members.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                blank(out, blanks);
                match member {
                    Member::Other(key, value) => {
                        out.push_str(key);
                        blank(out, blanks);
                        out.push(':');
                        write(value, after, false, depth + 1, blanks, out);
                    }
                    Member::Tells(key, old, new) | Member::Names(key, old, new) => {
                        out.push_str(key);
                        out.push(':');
                        blank(out, blanks);
                        out.push_str(if edited { new } else { old });
                    }
                }
                blank(out, blanks);
            }
            out.push('}');
        }
    }
    blank(out, blanks);
}

fn written(node: &Node, after: bool, own: bool, blanks: &[&'static str]) -> String {
    let mut out = String::new();
    write(node, after, own, 0, &mut blanks.iter().copied().cycle(), &mut out);
    out
}

const BLANKS: [&str; 5] = ["", " ", "\r\n", "\t", "\n  "];

fn blanks(among: &'static [&'static str]) -> impl Strategy<Value = Vec<&'static str>> {
    prop::collection::vec(prop::sample::select(among), 1..9)
}

/// Fails where two values differ in anything but a field that may differ.
fn differ_only_in_named_fields(before: &serde_json::Value, after: &serde_json::Value, key: &str) {
    use serde_json::Value as V;
    const MAY: [&str; 8] = ["filename", "file_name", "image", "path", "width", "height", "ext", "tags"];
    match (before, after) {
        (V::Object(a), V::Object(b)) => {
            assert!(a.keys().eq(b.keys()));
            a.iter().for_each(|(key, value)| differ_only_in_named_fields(value, &b[key], key));
        }
        (V::Array(a), V::Array(b)) if key != "tags" => {
            assert_eq!(a.len(), b.len());
            a.iter().zip(b).for_each(|(a, b)| differ_only_in_named_fields(a, b, ""));
        }
        _ => assert!(before == after || MAY.contains(&key), "{key}: {before} became {after}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Any JSON in; out comes the same text but for the named fields, byte by byte, and a second edit finds nothing to do.
    #[test]
    fn any_json(node in node(), blanks in blanks(&BLANKS), bom: bool) {
        let mark = if bom { "\u{feff}" } else { "" };
        let before = format!("{mark}{}", written(&node, false, true, &blanks));
        let expected = format!("{mark}{}", written(&node, true, true, &blanks));
        let edited = alone(before.as_bytes(), &change()).expect("json by construction");
        let after = edited.bytes.map_or(before.clone(), |bytes| String::from_utf8(bytes).expect("text"));
        prop_assert_eq!(&after, &expected, "{}", before);
        let parsed = |text: &str| serde_json::from_str::<serde_json::Value>(text.trim_start_matches('\u{feff}'));
        if let (Ok(before), Ok(after)) = (parsed(&before), parsed(&after)) {
            differ_only_in_named_fields(&before, &after, "");
        }
        prop_assert_eq!(alone(after.as_bytes(), &change()).expect("json").bytes, None);
    }

    /// The same for files of rows, of which some are damaged.
    #[test]
    fn any_rows(
        rows in prop::collection::vec((prop::option::weighted(0.9, node()), blanks(&["", " ", "\t"]), any::<bool>()), 0..6),
        bom: bool,
    ) {
        let file = |after: bool| {
            let mut text = if bom { "\u{feff}".to_owned() } else { String::new() };
            for (node, blanks, crlf) in &rows {
                match node {
                    // Inside of strings and of what is fixed there may be line ends, which no row has.
                    Some(node) => text.push_str(&written(node, after, false, blanks).replace("\r\n", "")),
                    None => text.push_str(r#"{"path":"a.png","width":1024"#),
                }
                text.push_str(if *crlf { "\r\n" } else { "\n" });
            }
            text
        };
        let (before, expected) = (file(false), file(true));
        let folders = folders();
        let wishes = Wishes { update: true, tag: Some(TAG), folders: &folders };
        let edited = edit_rows(before.as_bytes(), &[&change()], wishes);
        let after = edited.bytes.map_or(before.clone(), |bytes| String::from_utf8(bytes).expect("text"));
        prop_assert_eq!(&after, &expected, "{}", before);
        let damaged = rows.iter().filter(|(node, ..)| node.is_none()).count() as u64;
        prop_assert_eq!(edited.invalid_rows, damaged);
        prop_assert_eq!(edit_rows(after.as_bytes(), &[&change()], wishes).bytes, None);
    }

    /// Whatever the bytes are: no panic, and what is no JSON is not touched.
    #[test]
    fn any_bytes(file in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(&b"{}[]\":,\\ua.png"[..])], 0..64)) {
        let is_json = std::str::from_utf8(file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&file))
            .is_ok_and(|text| serde_json::from_str::<&serde_json::value::RawValue>(text).is_ok());
        prop_assert_eq!(alone(&file, &change()).is_ok(), is_json);
    }
}
