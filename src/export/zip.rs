//! Several files in one zip archive (APPNOTE.TXT 6.3.10): stored, not deflated, all dated 1980-01-01, names in UTF-8.
//! So the same files give the same bytes on every machine and with every version of a compressor.

use crate::error::{Kind, Result};
use flate2::Crc;

/// An archive under way.
#[derive(Default)]
pub struct Archive {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    entries: u16,
}

/// Bit 11 of the flags: the name is UTF-8.
const UTF8: u16 = 1 << 11;
/// The first day a zip can name.
const DAY: u16 = (1 << 5) | 1;

impl Archive {
    /// Adds a file. Refuses what a zip without 64-bit fields cannot hold.
    pub fn add(&mut self, name: &str, file: &[u8]) -> Result<()> {
        let size = u32::try_from(file.len()).map_err(|_| Kind::MemoryLimit)?;
        let at = u32::try_from(self.bytes.len()).map_err(|_| Kind::MemoryLimit)?;
        let length = u16::try_from(name.len()).map_err(|_| Kind::OutOfRange)?;
        let mut crc = Crc::new();
        crc.update(file);
        // What the local header and the directory have in common: version 2.0, flags, stored, time, day, sums, name.
        let mut common = Vec::with_capacity(26);
        for word in [20, UTF8, 0, 0, DAY] {
            common.extend_from_slice(&u16::to_le_bytes(word));
        }
        for word in [crc.sum(), size, size] {
            common.extend_from_slice(&word.to_le_bytes());
        }
        common.extend_from_slice(&length.to_le_bytes());
        common.extend_from_slice(&[0, 0]);
        for part in [b"PK\x03\x04".as_slice(), &common, name.as_bytes(), file] {
            self.bytes.extend_from_slice(part);
        }
        // Made by version 2.0; no comment, disk 0, no attributes.
        for part in [b"PK\x01\x02\x14\x00".as_slice(), &common, &[0; 10], &at.to_le_bytes(), name.as_bytes()]
        {
            self.directory.extend_from_slice(part);
        }
        self.entries = self.entries.checked_add(1).ok_or(Kind::OutOfRange)?;
        Ok(())
    }
    /// The finished archive.
    pub fn bytes(mut self) -> Result<Vec<u8>> {
        let [at, size] = [self.bytes.len(), self.directory.len()].map(u32::try_from);
        let (at, size) = (at.map_err(|_| Kind::MemoryLimit)?, size.map_err(|_| Kind::MemoryLimit)?);
        self.bytes.append(&mut self.directory);
        let entries = self.entries.to_le_bytes();
        for part in
            [b"PK\x05\x06\0\0\0\0".as_slice(), &entries, &entries, &size.to_le_bytes(), &at.to_le_bytes()]
        {
            self.bytes.extend_from_slice(part);
        }
        self.bytes.extend_from_slice(&[0, 0]);
        Ok(self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_archive_that_others_write() {
        // Python: zipfile.ZipInfo("甲.csv"), ZIP_STORED, date 1980-01-01, one file "1\n2\n".
        let mut archive = Archive::default();
        archive.add("甲.csv", b"1\n2\n").expect("room");
        let bytes = archive.bytes().expect("room");
        let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hex, GOLDEN);
    }

    const GOLDEN: &str = concat!(
        "504b0304140000080000000021006178e169040000000400000007000000e794b22e637376310a320a504b01021400140000",
        "080000000021006178e1690400000004000000070000000000000000000000000000000000e794b22e637376504b05060000",
        "00000100010035000000290000000000",
    );
}
