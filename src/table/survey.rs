use crate::error::Result; use crate::table::schema::*; use crate::table::csv::*; use crate::table::inspection::*; use crate::table::values;
#[derive(Default, Clone, serde::Serialize, serde::Deserialize)] pub struct Survey { rows: u64, header: Vec<String>, filled: Vec<u64>, numeric: Vec<u64>, multi: Vec<u64>, vals: Vec<std::collections::BTreeSet<String>> }
impl Survey { pub fn append(&mut self, o: Survey) { if self.header.is_empty() { self.header = o.header; } self.rows += o.rows; let n = o.filled.len(); self.filled.resize(n.max(self.filled.len()), 0); self.numeric.resize(n.max(self.numeric.len()), 0); self.multi.resize(n.max(self.multi.len()), 0); self.vals.resize(n.max(self.vals.len()), Default::default());
  for i in 0..n { self.filled[i] += o.filled[i]; self.numeric[i] += o.numeric[i]; self.multi[i] += o.multi[i]; for v in &o.vals[i] { if self.vals[i].len() < 50 { self.vals[i].insert(v.clone()); } } } }
  pub fn records(&self) -> u64 { self.rows } }
pub fn survey_slice(t: &[u8], d: &Dialect, m: &values::Missing, first: bool, end: usize, last: bool) -> Result<(Survey, usize)> {
  let mut rows = Rows::new(t, d).until(end); let mut f = Fields::new(); let mut s = Survey::default(); let mut h = first && d.header;
  while rows.next(last, &mut f)?.is_some() { if std::mem::take(&mut h) { s.header = f.iter().map(|c| String::from_utf8_lossy(c).into()).collect(); continue; }
    let n = f.len(); if s.filled.len() < n { s.filled.resize(n, 0); s.numeric.resize(n, 0); s.multi.resize(n, 0); s.vals.resize(n, Default::default()); }
    for i in 0..n { let c = values::trim(f.get(i).unwrap_or_default()); if m.is(c) { continue; } s.filled[i] += 1; if values::number(c).is_some() { s.numeric[i] += 1; } if c.contains(&b'|') { s.multi[i] += 1; } if s.vals[i].len() < 50 { s.vals[i].insert(String::from_utf8_lossy(c).into()); } } }
  s.rows = rows.lines(); Ok((s, rows.at())) }
pub fn inspection(s: &Survey, d: &Dialect, size: u64) -> Inspection {
  let n = s.filled.len(); Inspection { size, dialect: d.clone(), rows: s.rows.saturating_sub(d.header as u64), preview: vec![], problems: vec![], memory: size,
   columns: (0..n).map(|i| ColumnFound { name: s.header.get(i).cloned().unwrap_or_else(|| (i+1).to_string()), role: if s.multi[i] * 5 > s.filled[i] { Role::Multi { separator: "|".into() } } else if s.numeric[i] * 100 >= s.filled[i] * 95 && s.vals[i].len() > 12 { Role::Number } else { Role::Category }, reason: "x".into(), id: None, filled: s.filled[i], distinct: 0, examples: vec![] }).collect() } }
