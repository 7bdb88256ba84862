//! Speeds of reading, single thread: `cargo bench --bench reading`. The text is a tag file of 20 columns with 64-digit
//! IDs, made here so that every machine reads the same. The peer is csv-core.

use atoll::table::csv::{Fields, Rows};
use atoll::table::decode::Decoder;
use atoll::table::layout::{Given, HEAD, Layout};
use atoll::table::schema::{Container, Encoding};
use atoll::table::survey::{Stretch, survey};
use atoll::table::values::Missing;
use std::io::Write;
use std::time::Instant;

const SIZE: usize = 64 << 20;

fn main() {
    let (plain, quoted) = (table(false), table(true));
    let layout = layout(&plain);
    rate("rows, unquoted", plain.len(), || rows(&plain, &layout));
    rate("rows, quoted", quoted.len(), || rows(&quoted, &layout));
    rate("csv-core, unquoted", plain.len(), || peer(&plain));
    rate("csv-core, quoted", quoted.len(), || peer(&quoted));
    rate("survey", plain.len(), || surveyed(&plain, &layout));
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(&plain).expect("memory");
    let packed = packer.finish().expect("memory");
    rate("gzip (text out)", plain.len(), || decoded(Container::Gzip, Encoding::Utf8, &packed));
    let gbk = encoding_rs::GB18030.encode(std::str::from_utf8(&plain).expect("UTF-8")).0.into_owned();
    rate("GB18030 (bytes in)", gbk.len(), || decoded(Container::Plain, Encoding::Gb18030, &gbk));
}

/// Runs five times, prints the best.
fn rate(name: &str, bytes: usize, mut run: impl FnMut() -> u64) {
    let best = (0..5).map(|_| {
        let start = Instant::now();
        std::hint::black_box(run());
        start.elapsed().as_secs_f64()
    });
    println!("{name}: {:.0} MB/s", bytes as f64 / 1e6 / best.fold(f64::INFINITY, f64::min));
}

fn layout(text: &[u8]) -> Layout {
    let missing = Missing::new(["NA", "null", "\\N", "-", "未知"]);
    let (container, encoding) = (Container::Plain, Encoding::Utf8);
    let given = Given { container, encoding, start: 0, delimiter: None, header: None, missing };
    Layout::detect(&text[..HEAD], false, given).expect("a table")
}

fn rows(text: &[u8], layout: &Layout) -> u64 {
    let (mut rows, mut fields, mut cells) = (Rows::new(text, &layout.dialect), Fields::new(), 0);
    while let Ok(Some(_)) = rows.next(true, &mut fields) {
        cells += fields.len() as u64;
    }
    cells
}

fn peer(mut text: &[u8]) -> u64 {
    let (mut reader, mut room, mut ends, mut cells) =
        (csv_core::Reader::new(), vec![0; 1 << 16], vec![0; 64], 0);
    loop {
        let (result, read, _, fields) = reader.read_record(text, &mut room, &mut ends);
        cells += fields as u64;
        text = &text[read..];
        if result == csv_core::ReadRecordResult::End {
            return cells;
        }
    }
}

fn surveyed(text: &[u8], layout: &Layout) -> u64 {
    let stretch = Stretch { text, at: 0, end: text.len(), last: true };
    survey(&stretch, layout).map_or(0, |_| 1)
}

fn decoded(container: Container, encoding: Encoding, raw: &[u8]) -> u64 {
    Decoder::whole(container, encoding, raw).map_or(0, |text| text.len() as u64)
}

/// Rows of one ID, eleven categories, seven numbers and one list of labels.
fn table(quoted: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(SIZE + 4096);
    let names: Vec<String> = (1..20).map(|i| format!("c{i}")).collect();
    out.extend(format!("id,{}\n", names.join(",")).bytes());
    let tags = ["母婴", "汽车", "美妆", "数码", "旅行", "健身"];
    let mark = if quoted { "\"" } else { "" };
    let mut state = 7u64;
    let mut draw = |n: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % n
    };
    while out.len() < SIZE {
        for _ in 0..4 {
            out.extend(format!("{:08x}{:08x}", draw(1 << 31), draw(1 << 31)).bytes());
        }
        for i in 0..19 {
            let mut tag = || tags[draw(6) as usize];
            match i {
                0..11 => out.extend(format!(",{mark}{}{mark}", tag()).bytes()),
                11..18 => out.extend(format!(",{}.{:02}", draw(100_000), draw(100)).bytes()),
                _ => out.extend(format!(",{mark}{}|{}{mark}\n", tag(), tag()).bytes()),
            }
        }
    }
    out
}
