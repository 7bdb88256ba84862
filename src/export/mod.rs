pub mod csv {
    use crate::gate::Released;
    pub fn profile_csv(_: &Released<crate::analysis::profile::ProfileReport>) -> Vec<u8> {
        vec![]
    }
    pub fn features_csv(_: &Released<crate::analysis::profile::ProfileReport>) -> Vec<u8> {
        vec![]
    }
}
pub mod json {
    use crate::gate::Released;
    pub fn match_json(r: &Released<crate::matching::MatchReport>) -> Vec<u8> {
        pretty(r)
    }
    pub fn lookalike_json(r: &Released<crate::analysis::lookalike::LookalikeReport>) -> Vec<u8> {
        pretty(r)
    }
    pub fn personas_json(r: &Released<crate::analysis::personas::PersonasReport>) -> Vec<u8> {
        pretty(r)
    }
    pub fn pretty<T: serde::Serialize>(t: &T) -> Vec<u8> {
        let mut v = serde_json::to_vec_pretty(t).unwrap_or_default();
        v.push(b'\n');
        v
    }
}
pub mod report {
    use crate::gate::Released;
    pub enum Language {
        En,
        Zh,
    }
    pub struct Input {
        pub name: String,
        pub size: u64,
        pub sha256: String,
    }
    pub struct ReportInput<'a> {
        pub version: &'a str,
        pub recipe: &'a str,
        pub inputs: &'a [Input],
        pub matched: &'a Released<crate::matching::MatchReport>,
        pub profile: Option<&'a Released<crate::analysis::profile::ProfileReport>>,
        pub lookalike: Option<&'a Released<crate::analysis::lookalike::LookalikeReport>>,
        pub personas: Option<&'a Released<crate::analysis::personas::PersonasReport>>,
    }
    pub fn report_html(_: &ReportInput, _: Language) -> Vec<u8> {
        vec![]
    }
}
