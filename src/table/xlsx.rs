pub fn xlsx_to_csv(_: &[u8]) -> crate::error::Result<Vec<u8>> {
    Err(crate::error::Kind::XlsxBroken.into())
}
