//! Phones to devices by the exchange: a file that carries IDs instead of tags, what the brand gets of it, and that
//! nothing of it stands in plain.
#![allow(clippy::unwrap_used)]

mod folder;

use folder::Folder;
use std::collections::BTreeMap;
use std::fmt::Write;

fn phone(i: usize) -> String {
    format!("139{:08}", i * 7_919 % 100_000_000)
}

fn idfa(i: usize) -> String {
    format!("{i:08X}-0000-4000-8000-{:012X}", i * 31)
}

fn oaid(i: usize) -> String {
    format!("{i:016x}ab")
}

/// People 0..n of the provider; one in five has no OAID, one in ten neither.
fn devices(n: usize) -> String {
    let mut text = String::from("phone,idfa,oaid,city\n");
    for i in 0..n {
        let idfa = if i % 10 == 3 { String::new() } else { idfa(i).to_lowercase() };
        let oaid = if i % 5 == 3 { String::new() } else { oaid(i) };
        writeln!(text, "{},{idfa},{oaid},上海", phone(i)).unwrap();
    }
    text
}

fn own(from: usize, m: usize) -> String {
    let rows: Vec<String> = (from..from + m).map(|i| format!("{},+86 {}\n", i % 90, phone(i))).collect();
    format!("spend,mobile\n{}", rows.concat())
}

/// By a plain reading: the people of both, with a device, and what they must come back with.
fn wanted(people: std::ops::Range<usize>) -> BTreeMap<String, (String, String)> {
    let of = |i: usize| (idfa(i), if i % 5 == 3 { String::new() } else { oaid(i) });
    people.filter(|i| i % 10 != 3).map(|i| (format!("+86 {}", phone(i)), of(i))).collect()
}

fn got(map: &str) -> BTreeMap<String, (String, String)> {
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        (cells[0].to_string(), (cells[1].to_string(), cells[2].to_string()))
    };
    assert_eq!(map.lines().next().unwrap(), "mobile,idfa,oaid");
    map.lines().skip(1).map(row).collect()
}

fn holds(file: &[u8], text: &str) -> bool {
    file.windows(text.len()).any(|window| window.eq_ignore_ascii_case(text.as_bytes()))
}

#[test]
fn phones_come_back_as_devices_and_a_room_matches_by_them() {
    let dir = Folder::new("exchange-ids");
    dir.write("theirs.csv", devices(3_000));
    dir.write("own.csv", own(2_000, 2_000));
    dir.atoll("exchange keygen p --collaboration a --epoch b").unwrap();
    let publish = "exchange publish p.key theirs.csv --out ids.atoll --expires 2099-12-31 -q --carry";
    assert_eq!(dir.refused(&format!("{publish} city")), "no-id-column");
    assert_eq!(dir.refused(&format!("{publish} street")), "column-missing");
    let said = dir.atoll(&format!("{publish} idfa,oaid")).unwrap();
    assert!(said.contains("2700 people") && said.contains("300 without a usable ID"), "{said}");
    assert!(!said.contains("rows of tags"), "{said}");
    dir.atoll("exchange query ids.atoll own.csv --out q -q").unwrap();
    dir.atoll("exchange answer p.key q.query --out a.answer").unwrap();
    let open = "exchange open ids.atoll own.csv -q --run q.run --answer a.answer --out back";
    let said = dir.atoll(open).unwrap();
    assert!(said.contains("900 of your 2000 people") && said.contains("[[idmap]]"), "{said}");
    assert_eq!(got(&dir.read("back/idmap.csv")), wanted(2_000..3_000));
    assert!(!dir.0.join("back/tags.csv").exists(), "no room comes of it");

    // Control: in the table that was published every device can be read; in what left, none.
    let [table, tags] = ["theirs.csv", "ids.atoll"].map(|name| std::fs::read(dir.0.join(name)).unwrap());
    for i in 0..50 {
        assert!(holds(&table, &idfa(i)) == (i % 10 != 3) && !holds(&tags, &idfa(i)), "{i}");
        assert!(!holds(&tags, &oaid(i)) && !holds(&tags, &phone(i)), "{i}");
    }

    // The map in a room of the brand's own: phones of its file, devices of a partner's.
    let tags: String = (1_500..2_600).map(|i| format!("{},{}\n", idfa(i), ["a", "b"][i % 2])).collect();
    dir.write("tags.csv", format!("idfa,level\n{tags}"));
    dir.write(
        "room.toml",
        "[first_party]\nfile = \"own.csv\"\nid = \"mobile\"\nkind = \"phone\"\n\
         [tags]\nfile = \"tags.csv\"\nid = \"idfa\"\nkind = \"idfa\"\ncategories = [\"level\"]\n\
         [[idmap]]\nfile = \"idmap.csv\"\n",
    );
    std::fs::rename(dir.0.join("back/idmap.csv"), dir.0.join("idmap.csv")).unwrap();
    dir.atoll("run room.toml --out results -q").unwrap();
    let matched: serde_json::Value = serde_json::from_str(&dir.read("results/match.json")).unwrap();
    assert_eq!(matched["matched"], 540, "people 2000 to 2599 with a device");
}

#[test]
fn few_matches_and_a_shared_key() {
    let dir = Folder::new("exchange-ids-keyed");
    dir.write("theirs.csv", devices(400));
    dir.write("own.csv", own(380, 100));
    let said = dir.atoll("exchange keygen p --keyed --collaboration a --epoch b").unwrap();
    let told = said.split("another way: ").nth(1).unwrap().lines().next().unwrap();
    dir.write("told", told);
    dir.atoll(
        "exchange publish p.key theirs.csv --out ids.atoll --expires 2099-12-31 -q --k 20 --carry idfa,oaid",
    )
    .unwrap();
    let open = "exchange open ids.atoll own.csv -q --key p.shared.key --passphrase-file told --out back";
    assert_eq!(dir.refused(open), "few-matched", "18 of 20 that are asked for");
    dir.write("own.csv", own(300, 200));
    dir.atoll(open).unwrap();
    assert_eq!(got(&dir.read("back/idmap.csv")), wanted(300..400));
}
