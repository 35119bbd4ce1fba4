//! Reports as people use them: written in every form, read back, converted, summed, compared, and found again in the history.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::fixture::Fixture;

/// A library of a few pictures: enough for every figure, and shrunk in a moment.
fn small() -> Fixture {
    let fixture = Fixture::new();
    for (name, width, height) in [
        ("one/a.png", 700, 500),
        ("one/b.jpg", 900, 300),
        ("one/c.png", 40, 30),
        ("two/d.bmp", 600, 600),
        ("two/e.jpg", 64, 64),
    ] {
        fixture.picture(name, width, height);
    }
    fixture.file("one/a.txt", b"a caption");
    fixture
}

/// A path as an argument.
fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).expect("report")).expect("JSON")
}

/// Parses a page as XML: well-formed, and without anything that could do something.
fn page(path: &Path) -> String {
    let page = fs::read_to_string(path).expect("page");
    let options = roxmltree::ParsingOptions {
        allow_dtd: true,
        ..Default::default()
    };
    let parsed = roxmltree::Document::parse_with_options(&page, options).expect("well-formed");
    assert!(!parsed.descendants().any(|node| node.has_tag_name("script")), "a script");
    let drawings = parsed
        .descendants()
        .filter(|node| node.tag_name().name() == "svg" && node.has_attribute("role"));
    for drawing in drawings {
        let told = |name: &str| drawing.children().any(|node| node.tag_name().name() == name);
        assert!(told("title") && told("desc"), "a drawing tells nobody what it is");
    }
    page
}

#[test]
fn a_run_is_written_in_every_form_and_read_back() {
    let fixture = small();
    let at = |name: &str| fixture.beside(name);
    let (json_file, csv_file, html_file) = (at("r.json"), at("r.csv"), at("r.html"));
    fixture
        .run(&[
            "--report",
            text(&json_file),
            "--report",
            text(&csv_file),
            "--report",
            text(&html_file),
        ])
        .ends_with(0);
    let report = json(&json_file);

    let mut table = csv::Reader::from_path(&csv_file).expect("CSV");
    let heads = table.headers().expect("heads").clone();
    let column = |name: &str| heads.iter().position(|head| head == name).expect("a column");
    let rows: Vec<csv::StringRecord> = table.records().map(|row| row.expect("a row")).collect();
    assert_eq!(rows.len() as u64, report["totals"]["images"]["total"].as_u64().expect("a number"));
    let shrunk: i64 = rows
        .iter()
        .filter(|row| &row[column("outcome")] == "shrunk")
        .map(|row| row[column("bytes_saved")].parse::<i64>().expect("a number"))
        .sum();
    assert_eq!(shrunk, report["totals"]["bytes_saved"].as_i64().expect("a number"));

    let html = page(&html_file);
    for part in [
        "Throughput",
        "Phase timings",
        "Size before and after",
        "File sizes",
        "Savings",
        "Load speed",
        "Machine",
    ] {
        assert!(html.contains(part), "{part} is missing");
    }

    // Converted from JSON they are the same, to the byte.
    for (name, file) in [("again.csv", &csv_file), ("again.html", &html_file), ("again.json", &json_file)] {
        let again = at(name);
        fixture
            .shardpress(["report", "show", text(&json_file), "-o", text(&again)])
            .ends_with(0)
            .says(&[name]);
        assert!(fs::read(&again).expect("converted") == fs::read(file).expect("written"), "{name}");
    }
    let shown = fixture.shardpress(["report", "show", text(&json_file)]).ends_with(0);
    assert!(shown.out.starts_with("# Shardpress report\n\n**Saved "), "{}", shown.out);
    let shown = fixture
        .shardpress(["report", "show", text(&json_file), "--format", "csv"])
        .ends_with(0);
    assert_eq!(shown.out.as_bytes(), fs::read(&csv_file).expect("written"));
}

#[test]
fn a_plan_and_its_run_are_found_in_the_history_and_compared() {
    let fixture = small();
    let library = fixture.library();
    let nothing = fixture.shardpress(["report", "history"]).ends_with(0);
    assert!(nothing.out.contains("No plans or runs yet."), "{}", nothing.out);
    fixture
        .shardpress(["report", "show", "last"])
        .ends_with(2)
        .says(&["the history has no such plan or run"]);

    fixture.shardpress(["plan", text(&library)]).ends_with(0);
    fixture.run(&[]).ends_with(0);
    let list = fixture.shardpress(["report", "history"]).ends_with(0).out;
    let lines: Vec<&str> = list.lines().collect();
    assert!(
        lines[0].starts_with("Report") && lines[1].contains(" run ") && lines[2].contains(" plan "),
        "{list}"
    );
    let limited = fixture.shardpress(["report", "history", "--limit", "1"]).ends_with(0).out;
    assert!(limited.contains(" run ") && !limited.contains(" plan "), "{limited}");

    let id = lines[1].split_whitespace().next().expect("an id");
    let by_id = fixture.shardpress(["report", "show", id, "--format", "json"]).ends_with(0).out;
    let by_age = fixture.shardpress(["report", "show", "last", "--format", "json"]).ends_with(0).out;
    assert_eq!(by_id, by_age);

    let page_file = fixture.beside("compared.html");
    let compared = fixture.shardpress(["report", "compare", "last-1", "last"]).ends_with(0).out;
    assert!(compared.starts_with("# Shardpress comparison\n\n**The plan foresaw "), "{compared}");
    for part in [
        "## Prediction and outcome",
        "| Bytes saved |",
        "| Time by the clock |",
        "| Process, thread time |",
        "Both are of the same ",
    ] {
        assert!(compared.contains(part), "{part} is missing in\n{compared}");
    }
    fixture
        .shardpress(["report", "compare", "last-1", "last", "-o", text(&page_file)])
        .ends_with(0)
        .says(&["The plan foresaw"]);
    assert!(page(&page_file).contains("Prediction and outcome"));
    // A comparison of ours is replaced, and has no other form.
    fixture
        .shardpress(["report", "compare", "last", "last-1", "-o", text(&page_file)])
        .ends_with(0);
    let csv = fixture.beside("compared.csv");
    fixture
        .shardpress(["report", "compare", "last", "last-1", "-o", text(&csv)])
        .ends_with(2)
        .says(&["compared.csv", ".md or .html"]);
    assert!(!csv.exists());
}

#[test]
fn reports_of_two_machines_are_summed_once() {
    let fixture = Fixture::new();
    for shard in ["one", "two"] {
        fixture.picture(&format!("{shard}/a.png"), 700, 500);
        fixture.picture(&format!("{shard}/b.png"), 900, 300);
    }
    let reports = ["one", "two"].map(|shard| {
        let (place, report) = (fixture.library().join(shard), fixture.beside(&format!("{shard}.json")));
        fixture
            .shardpress(["run", text(&place), "--yes", "--json", text(&report)])
            .ends_with(0);
        report
    });
    let [one, two] = &reports;
    let sum = fixture.beside("sum.json");
    fixture
        .shardpress(["report", "merge", text(one), text(two), text(one), "-o", text(&sum)])
        .ends_with(0)
        .says(&["2 reports with 4 images in 2 shards"]);
    let merged = json(&sum);
    let saved = |report: &Value| report["totals"]["bytes_saved"].as_i64().expect("a number");
    assert_eq!(saved(&merged), saved(&json(one)) + saved(&json(two)));
    assert_eq!(merged["parts"].as_array().map(Vec::len), Some(2));
    assert!(
        merged["notices"][0]["message"]
            .as_str()
            .is_some_and(|text| text.contains("taken once"))
    );

    // What would count twice is refused, and the sum that is there stays.
    let before = fs::read(&sum).expect("sum");
    fixture
        .shardpress(["report", "merge", text(&sum), text(one), "-o", text(&sum)])
        .ends_with(2)
        .says(&["counted twice", "Nothing was written"]);
    assert_eq!(fs::read(&sum).expect("sum"), before);
    for form in ["sum.md", "sum.html", "sum.csv"] {
        let out = fixture.beside(form);
        fixture
            .shardpress(["report", "merge", text(one), text(two), "-o", text(&out)])
            .ends_with(0);
        assert!(out.metadata().expect("written").len() > 0, "{form}");
    }
}

#[test]
fn what_is_no_report_is_named() {
    let fixture = Fixture::new();
    let newer = fixture.beside("newer.json");
    fs::write(&newer, "{\"format\": \"shardpress-report\", \"version\": 2}").expect("file");
    let caption = fixture.beside("caption.json");
    fs::write(&caption, "{\"caption\": \"a dog\"}").expect("file");
    for (file, says) in [
        (&newer, "its version is 2, this program reads version 1"),
        (&caption, "it is no report"),
    ] {
        fixture
            .shardpress(["report", "show", text(file)])
            .ends_with(2)
            .says(&[text(file), says]);
        fixture
            .shardpress(["report", "compare", text(file), text(file)])
            .ends_with(2)
            .says(&[text(file), says]);
    }
    fixture
        .shardpress(["report", "show", text(&fixture.beside("missing.json"))])
        .ends_with(2)
        .says(&["missing.json", "no such file"]);
    // A stranger's file is never written over.
    let page = fixture.beside("page.html");
    fs::write(&page, "<html>mine</html>").expect("file");
    fixture.picture("a.png", 600, 400);
    fixture
        .run(&["--report", text(&page)])
        .ends_with(2)
        .says(&["page.html", "is not a report"]);
    assert_eq!(fs::read_to_string(&page).expect("file"), "<html>mine</html>");
}

/// A name is data in every form: no script in a page, no formula in a spreadsheet, no column in a table.
#[cfg(unix)]
#[test]
fn hostile_names_stay_names() {
    let fixture = Fixture::new();
    let names = ["<script>alert(1)<!--.png", "=cmd|calc!A1.png", "a|b`c.png", "x\" onload=\"y.png"];
    for name in names {
        fixture.picture(name, 600, 400);
    }
    // Something to fail on, so that names stand in sentences as well.
    fixture.file("<img src=x onerror=y>.png", b"\x89PNG\r\n\x1a\nnot a picture");
    let (html, csv) = (fixture.beside("r.html"), fixture.beside("r.csv"));
    let finished = fixture.run(&["--report", text(&html), "--report", text(&csv)]);
    assert!(finished.code.is_some_and(|code| code <= 1), "{}{}", finished.out, finished.err);
    let page = page(&html);
    assert!(page.contains("&lt;img src=x onerror=y&gt;"), "the failure is told");
    assert!(!page.contains("<img") && !page.contains("<script"), "a name became markup");
    let table = fs::read_to_string(&csv).expect("CSV");
    assert!(table.contains(",'=cmd|calc!A1.png,3d636d64"), "{table}");
    let rows: Vec<csv::StringRecord> = csv::Reader::from_path(&csv)
        .expect("CSV")
        .records()
        .map(|row| row.expect("a row"))
        .collect();
    for name in names {
        let shown = if name.starts_with('=') {
            format!("'{name}")
        } else {
            name.to_owned()
        };
        assert!(rows.iter().any(|row| row[2] == *shown), "{name} is missing");
    }
}
