//! What can go wrong, and where. Every refusal has a stable code and a place; the words for people
//! live with the page and the command line, chosen by code.

use serde::{Deserialize, Serialize};

/// Shorthand for results of the core.
pub type Result<T> = std::result::Result<T, Error>;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $en:literal, $zh:literal;)*) => {
        /// Every refusal Atoll knows. The code is part of the interface and never changes its meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum Kind { $($(#[$doc])* $name,)* }

        impl Kind {
            /// All kinds, in the order of the table.
            pub const ALL: &'static [Kind] = &[$(Kind::$name,)*];
            /// The one of a code.
            pub fn of_code(code: &str) -> Option<Kind> { Kind::ALL.iter().copied().find(|kind| kind.code() == code) }
            /// The stable code, as it crosses the worker boundary.
            pub const fn code(self) -> &'static str { match self { $(Kind::$name => $code,)* } }
            /// One English sentence: what is wrong and what to do.
            pub const fn english(self) -> &'static str { match self { $(Kind::$name => $en,)* } }
            /// One Chinese sentence: what is wrong and what to do.
            pub const fn chinese(self) -> &'static str { match self { $(Kind::$name => $zh,)* } }
        }
    };
}

kinds! {
    /// A file of zero bytes.
    FileEmpty = "file-empty", "The file is empty. Choose another file.", "文件是空的，请换一个文件。";
    /// Lines of a single cell above the names of columns.
    HeaderBelow = "header-below", "The names of the columns stand in this row, below lines that are none. Delete the lines above it and save the file again.", "列名在这一行，上方是说明文字。请删去它上方的各行后重新保存。";
    /// The file has a header and no row.
    NoRows = "no-rows", "The file has a header but no rows.", "文件只有表头，没有数据行。";
    /// Fewer bytes came than the file had when it was chosen.
    FileChanged = "file-changed", "The file changed while it was read. Choose it again.", "文件在读取过程中被改动，请重新选择。";
    /// The file could not be read.
    FileUnreadable = "file-unreadable", "The file could not be read. Check that it still exists and may be opened.", "文件无法读取，请确认它还在且有权限打开。";
    /// The gzip stream ends early.
    GzipTruncated = "gzip-truncated", "The compressed file ends early. Fetch it again.", "压缩文件不完整，请重新获取。";
    /// The bytes are not the gzip stream they claim to be.
    GzipBroken = "gzip-broken", "The compressed file is damaged, or is not gzip.", "压缩文件已损坏，或不是 gzip 格式。";
    /// Not a readable workbook.
    XlsxBroken = "xlsx-broken", "The workbook cannot be read. Save it again as .xlsx or CSV.", "工作簿无法读取，请另存为 .xlsx 或 CSV。";
    /// A workbook behind a password.
    XlsxEncrypted = "xlsx-encrypted", "The workbook has a password. Save it without one.", "工作簿有密码，请去掉密码后另存。";
    /// A kind of archive that is not read.
    ArchiveUnsupported = "archive-unsupported", "This kind of archive is not read. Unpack it, or use .gz.", "不支持这种压缩格式，请先解压，或使用 .gz。";
    /// The bytes are not text in the named encoding.
    EncodingWrong = "encoding-wrong", "The file is not text in this encoding. Choose another encoding.", "文件不是这种编码的文本，请换一种编码。";
    /// A NUL byte: not a text file.
    NulByte = "nul-byte", "The file holds NUL bytes: it is not a text file.", "文件含有 NUL 字节，不是文本文件。";
    /// A quote that never closes.
    QuoteOpen = "quote-open", "A quoted value never ends. Check the quotes from this row on.", "有引号没有闭合，请检查该行起的引号。";
    /// A row longer than the limit.
    RowTooLong = "row-too-long", "A row is longer than 1 MiB. Check line ends and quotes.", "有一行超过 1 MiB，请检查换行和引号。";
    /// More columns than are read.
    TooManyColumns = "too-many-columns", "More than 2,000 columns. Leave some out.", "超过 2000 列，请删减。";
    /// A file the recipe names is not at hand.
    FileMissing = "file-missing", "The recipe names a file that is not here. Add it.", "配方引用的文件不在，请添加该文件。";
    /// A map of IDs that joins nothing.
    MapColumns = "map-columns", "An ID map needs two or more ID columns. Say which they are.", "ID 映射文件至少要有两列 ID，请指明是哪几列。";
    /// A consent file that cannot be read as one.
    ConsentColumns = "consent-columns", "The consent file needs an ID column, a yes-or-no column and, with end dates, as_of = \"2026-06-01\".", "授权名单需要 ID 列和“是/否”列；如有到期日，还须写明 as_of = \"2026-06-01\"。";
    /// Nobody may be joined.
    ConsentNobody = "consent-nobody", "Nobody in your file has agreed: no row may be matched.", "您的文件中没有人授权，不能匹配任何一行。";
    /// Two columns of one name.
    ColumnTwice = "column-twice", "Two columns have the same name. Rename one.", "有两列同名，请改名。";
    /// A column the recipe names is not in the file.
    ColumnMissing = "column-missing", "The file has no such column.", "文件中没有这一列。";
    /// A table frozen at no day, or a column dated by what is no date.
    FreezeInvalid = "freeze-invalid", "A frozen file needs a day, as_of = \"2026-06-01\"; columns but the ID and the folds are dated by date columns.", "冻结须写明日期：as_of = \"2026-06-01\"；只能用日期列注明其他列的日期，ID 列和折号列除外。";
    /// A label that would run as a formula in a spreadsheet.
    FormulaLabel = "formula-label", "A label starts with = + - @ or a tab and could run as a formula. Change it at the source.", "标签以 = + - @ 或制表符开头，可能被表格软件当作公式，请在源头修改。";
    /// More distinct values than a tag column can have.
    TooManyValues = "too-many-values", "The column has more than 65,000 different values: it is not a tag. Leave it out.", "该列的不同取值超过 65000 个，不是标签，请忽略该列。";
    /// No column looks like an ID.
    NoIdColumn = "no-id-column", "No column looks like an ID. Say which one is.", "没有找到 ID 列，请指定。";
    /// No valid ID in the whole file.
    NoValidId = "no-valid-id", "No row has a valid ID. Check the ID kind and digest.", "没有一行是有效 ID，请检查 ID 类型和加密方式。";
    /// IDs went through a spreadsheet and lost digits.
    IdScientific = "id-scientific", "IDs were rounded by a spreadsheet (8.68E+14). Export them again as text.", "ID 被表格软件取整（如 8.68E+14），请以文本格式重新导出。";
    /// The two files cannot be compared.
    DigestsApart = "digests-apart", "The two files are hashed in ways that cannot be compared. Ask for the same digest on both sides.", "两份文件的加密方式无法比对，请统一加密方式。";
    /// The two files hold different kinds of ID.
    KindsApart = "kinds-apart", "The two files hold different kinds of ID.", "两份文件的 ID 类型不同。";
    /// The tag file has no column besides the ID.
    NoTags = "no-tags", "The tag file has no column to learn from besides the ID.", "标签文件除 ID 外没有可用的列。";
    /// Loading would go over the memory limit.
    MemoryLimit = "memory-limit", "This needs more memory than is allowed. Leave out columns or raise the limit.", "所需内存超过上限，请减少列或提高上限。";
    /// A file of products or counts that is too large for the desk.
    TableTooLarge = "table-too-large", "A file of products or of counts without IDs has at most 1,000,000 rows and 64 MiB. Keep what is used.", "商品文件或不含 ID 的统计文件最多 100 万行、64 MiB，请只保留用到的行。";
    /// No seed person is in the tag file.
    SeedEmpty = "seed-empty", "Nobody in the seed is in the tag file.", "种子人群与标签文件没有交集。";
    /// Too few seed persons to model.
    SeedTooSmall = "seed-too-small", "The seed has fewer than 10 people in the tag file: too few to learn from.", "种子人群匹配不足 10 人，无法建模。";
    /// A crowd is held against a part of itself.
    ContrastEmpty = "contrast-empty", "Nobody is left to compare with: all of them are in the first crowd.", "没有可对比的人：对照人群全部包含在所选人群中。";
    /// Two crowds that no tag tells apart.
    NoDifference = "no-difference", "No tag differs enough between the two crowds. Lower the thresholds, or compare other crowds.", "两个人群没有差异足够大的标签，请放宽阈值或换一组人群对比。";
    /// A portrait of nothing, or of two things at once.
    PortraitUnclear = "portrait-unclear", "A portrait needs weighted tags or a proxy crowd: one of the two.", "人群画像需要设置标签权重或指定代理人群，二者选一。";
    /// No positives.
    PositivesEmpty = "positives-empty", "Nobody is in the crowd of positives.", "正样本人群中没有人。";
    /// No negatives.
    NegativesEmpty = "negatives-empty", "Nobody is in the crowd of negatives, apart from the positives.", "除正样本外，负样本人群中没有人。";
    /// The seed is everyone: nothing is left to score.
    SeedEveryone = "seed-everyone", "Everyone in the tag file is in the seed: nobody is left to find.", "标签文件中的人都在种子里，没有可扩展的人群。";
    /// Nothing to learn from.
    NoFeatures = "no-features", "No column tells these people apart: each is empty, the same for almost everyone, too rare or left out. Add or put back columns that differ, or bring more people.", "没有一列能区分这些人：各列为空、几乎人人相同、太少见或已被忽略。请加入或恢复有差异的列，或增加人数。";
    /// A fold column that cannot be used.
    FoldsUnusable = "folds-unusable", "The fold column must hold 2 to 16 different whole numbers, each with people in and outside the seed.", "折号列须含 2 到 16 个不同的整数，且每折都有种子和非种子。";
    /// More clusters than people.
    TooFewToCluster = "too-few-to-cluster", "Fewer people than clusters.", "人数少于分群数。";
    /// An expression that cannot be read.
    ExpressionInvalid = "expression-invalid", "The audience expression cannot be read.", "人群表达式无法解析。";
    /// An audience of nobody.
    AudienceEmpty = "audience-empty", "The audience has nobody in it.", "人群为空。";
    /// A recipe that cannot be read.
    RecipeInvalid = "recipe-invalid", "The recipe (room.toml) cannot be read.", "配方（room.toml）无法解析。";
    /// A parameter outside its range.
    OutOfRange = "out-of-range", "A setting is outside its range.", "参数超出范围。";
    /// A crowd cannot be split by this column.
    SplitColumn = "split-column", "A crowd is split by columns with one value per person, each once.", "只能按单值列拆分人群，且每列只用一次。";
    /// A message between workers that does not decode.
    WireBroken = "wire-broken", "A message inside the page was damaged. Load the files again.", "页面内部消息损坏，请重新加载文件。";
    /// A message of another version or plan.
    WireForeign = "wire-foreign", "A message belongs to another version or plan. Reload the page.", "消息来自其他版本或方案，请刷新页面。";
    /// No model file, or one that ends early.
    ModelBroken = "model-broken", "This is no model file, or it ends early. Save it again.", "这不是模型文件，或文件不完整，请重新保存。";
    /// A model file that is not as it was written.
    ModelEdited = "model-edited", "The model file was changed after it was saved. Save it again.", "模型文件在保存后被改动过，请重新保存。";
    /// A model that cannot be kept.
    ModelNotKept = "model-not-kept", "A model of nearest seeds cannot be saved: it is the tags of single people. Take another model.", "最近邻模型由个人标签组成，不能保存，请改用其他模型。";
    /// A model file of another version of the format.
    ModelVersion = "model-version", "The model file has another format version. Save it again with this version of Atoll.", "模型文件的格式版本不同，请用当前版本的 Atoll 重新保存。";
    /// A model that does not fit the tag file.
    ModelForeign = "model-foreign", "The model does not fit the tag file: this column is missing, or holds other things.", "模型与标签文件不符：缺少这一列，或这一列的内容不同。";
    /// A key file of tokens that is none.
    TokenKeyBroken = "token-key-broken", "This is no key of tokens. Choose the key file that was saved with them.", "这不是代号密钥，请选择随代号一同保存的密钥文件。";
    /// Tokens that are of nobody in the tag file under the key.
    TokensForeign = "tokens-foreign", "No token is of this tag file under this key. Check that all three belong together.", "用该密钥在标签文件中找不到任何代号，请核对三个文件是否对应。";
    /// Bytes of the group that are no point, or not in their one way of writing.
    PointInvalid = "point-invalid", "A row of the file is no valid point. Ask for the file again.", "文件中有一行不是合法的曲线点，请向对方重新索取。";
    /// The neutral element, which would give away the key or the match.
    PointIdentity = "point-identity", "A row of the file is the neutral point, which is forbidden. Do not use the file.", "文件中有一行是单位元，禁止使用该文件。";
    /// A scalar at or above the order.
    ScalarInvalid = "scalar-invalid", "A number in the file is at or above the group's order. Ask for the file again.", "文件中有一个标量不小于群的阶，请向对方重新索取。";
    /// A key or blind of zero.
    BlindZero = "blind-zero", "A key or blind is zero. Make a new one.", "密钥或盲因子为零，请重新生成。";
    /// A public key that is the neutral element.
    KeyIdentity = "key-identity", "The file's public key is the neutral point: every proof would hold. Do not use the file.", "文件的公钥是单位元，任何证明都会成立，禁止使用该文件。";
    /// Another cipher suite or mode.
    SuiteWrong = "suite-wrong", "The file was made with another cipher suite or mode of exchange.", "文件的密码套件或交换方式不同。";
    /// A file of another collaboration.
    CollaborationWrong = "collaboration-wrong", "The file belongs to another collaboration.", "文件属于另一个合作项目。";
    /// A file of another epoch.
    EpochWrong = "epoch-wrong", "The file belongs to another epoch. Ask for one of this epoch.", "文件属于另一个周期，请索取本周期的文件。";
    /// A file about another kind of ID.
    IdKindWrong = "id-kind-wrong", "The file holds another kind of ID.", "文件的 ID 类型不同。";
    /// Fewer rows than the header says.
    RowCountWrong = "row-count-wrong", "The file has fewer rows than its header says: it was cut. Fetch it again.", "文件行数少于文件头所写，可能被截断，请重新获取。";
    /// More bytes than the header says.
    TrailingBytes = "trailing-bytes", "The file goes on behind its last row. Do not use it.", "文件在最后一行之后还有内容，请勿使用。";
    /// An answer to another query.
    RunWrong = "run-wrong", "This answer belongs to another query. Choose the one made from this query.", "该应答属于另一次查询，请选择对应的应答。";
    /// One label twice.
    LabelsRepeat = "labels-repeat", "Two rows of the tag file have the same label. Ask for the file again.", "标签文件中有两行标记相同，请重新索取。";
    /// Rows out of order.
    LabelsUnsorted = "labels-unsorted", "The rows of the tag file are not in order. Ask for the file again.", "标签文件的行顺序不对，请重新索取。";
    /// More rows asked than the key may answer in its life.
    RowCap = "row-cap", "More rows than this key may answer. Send fewer, or agree on a new epoch.", "超过该密钥可应答的行数，请减少行数或商定新的周期。";
    /// A file with more rows than are read.
    TooManyRows = "too-many-rows", "The file has more rows than are allowed.", "文件行数超过上限。";
    /// Proofs lacking, or too many.
    ProofCount = "proof-count", "The answer has the wrong number of proofs. Ask for it again.", "应答中的证明数量不对，请重新索取。";
    /// A proof that does not hold.
    ProofWrong = "proof-wrong", "The answer was not made with the key of the tag file. Do not use it.", "应答不是用标签文件的密钥生成的，请勿使用。";
    /// The same ID, answered in two ways.
    CanaryApart = "canary-apart", "The same person was answered in two ways. Do not use the answer.", "同一个人得到了两种应答，请勿使用该应答。";
    /// A query that was answered before.
    QueryReplayed = "query-replayed", "This query was answered before. Ask the brand for a fresh one.", "该查询已经应答过，请让对方重新生成。";
    /// A header that nobody signed so.
    SignatureWrong = "signature-wrong", "The signature does not fit the file: it was changed, or is not theirs.", "签名与文件不符：文件被改动，或不是对方所发。";
    /// Signed by another key than the one expected.
    SignerWrong = "signer-wrong", "The file is signed by somebody else than expected. Compare the fingerprint by phone.", "文件的签名者不是预期的一方，请电话核对指纹。";
    /// Rows that are not those the header was signed for.
    BodyChanged = "body-changed", "The rows are not those the header was signed for. Fetch the file again.", "文件内容与签名时不同，请重新获取。";
    /// Tags of a match that do not open.
    RowBroken = "row-broken", "The tags of a matched row do not open. Ask for the file again.", "有一行匹配标签无法解开，请重新索取。";
    /// No exchange file, or a damaged one.
    ExchangeBroken = "exchange-broken", "This is no such exchange file, or it is damaged.", "这不是所需的交换文件，或文件已损坏。";
    /// An exchange file of another version.
    ExchangeVersion = "exchange-version", "The file has another format version. Use the same version of Atoll on both sides.", "文件格式版本不同，请双方使用同一版本的 Atoll。";
    /// A tag file past its day.
    ExchangeExpired = "exchange-expired", "The tag file has expired. Ask the provider for a new one.", "标签文件已过期，请向数据方索取新文件。";
    /// A passphrase that does not open the file.
    PassphraseWrong = "passphrase-wrong", "The passphrase does not open this key file, or the file was changed.", "口令无法打开该密钥文件，或文件被改动。";
    /// A key that is not that of the file.
    KeyWrong = "key-wrong", "This key is not the one the file was made with.", "该密钥不是生成此文件的密钥。";
    /// A ledger that is missing, changed, or of another key.
    LedgerBroken = "ledger-broken", "The ledger of this key is missing or was changed. Put it back beside the key file.", "该密钥的台账缺失或被改动，请将其放回密钥文件旁。";
    /// Other IDs than those the query was made from.
    IdsChanged = "ids-changed", "Your ID file is not the one the query was made from. Choose that one.", "ID 文件与生成查询时不同，请选择当时的文件。";
    /// Fewer matches than the provider's policy shows.
    FewMatched = "few-matched", "Fewer people matched than the provider's policy allows to look at.", "匹配人数少于数据方策略允许查看的下限。";
    /// A kind of ID that a platform does not take, or of which it is not known how.
    PlatformKind = "platform-kind", "This platform does not take this kind of ID, or does not say how it is written.", "该平台不接受这种 ID，或没有公开其写法。";
    /// A digest that a platform does not take.
    PlatformDigest = "platform-digest", "This platform does not take IDs of this kind hashed so.", "该平台不接受以这种方式加密的此类 ID。";
    /// IDs that were hashed in another way than the platform's.
    PlatformRehash = "platform-rehash", "The IDs are hashed in another way than this platform asks for, and a hash cannot be hashed anew. Use a file with raw IDs.", "这些 ID 的加密方式与该平台要求的不同，且已加密的 ID 无法重新加密，请使用含原始 ID 的文件。";
    /// Fewer people than a platform takes.
    PlatformFloor = "platform-floor", "Fewer people than this platform takes in a file.", "人数低于该平台对单个文件的下限。";
    /// More people than a platform takes.
    PlatformCeiling = "platform-ceiling", "More people than this platform takes.", "人数超过该平台的上限。";
    /// A difference to nothing.
    EarlierMissing = "earlier-missing", "To add or delete, load the files of the earlier export.", "要追加或删除，请先加载之前导出的文件。";
    /// No earlier export for the same platform.
    EarlierForeign = "earlier-foreign", "This is no earlier export for the same platform, kind of ID and digest.", "这不是针对同一平台、同一种 ID 和加密方式的导出文件。";
    /// Something was asked before what it needs.
    TooEarly = "too-early", "Load and match the files first.", "请先加载并匹配文件。";
    /// A crowd that leans on what the recipe does not make.
    MeasureMissing = "measure-missing", "A crowd leans on a result that is not there: run its step, or leave the crowd out.", "人群依赖的结果不存在：请先运行对应步骤，或去掉该人群。";
    /// Something the provider's policy does not let out.
    OutputRefused = "output-refused", "The provider's policy does not allow this output.", "数据方的策略不允许此项输出。";
    /// A number about fewer people than the provider's policy lets be told.
    CrowdSmall = "crowd-small", "Fewer people than the provider's policy allows to be shown.", "人数少于数据方策略允许展示的下限。";
    /// A date that can be read two ways.
    DateAmbiguous = "date-ambiguous", "A date can be read two ways (03/04/2024). Say format = \"dmy\" or \"mdy\".", "日期有两种读法（如 03/04/2024），请指明 format = \"dmy\" 或 \"mdy\"。";
    /// Times of the world, and no zone in which their days lie.
    ZoneUnclear = "zone-unclear", "Times carry a time zone, others do not, or days lie in none. Say zone = \"+08:00\".", "部分时间带时区而未指明按哪个时区计日，请写明 zone = \"+08:00\"。";
    /// No row of a file can be used.
    RowsUnusable = "rows-unusable", "No row of the file can be used: all are left out for the reason named.", "文件没有一行可用，原因见所示代码。";
    /// An analysis of a table that the recipe does not name.
    TableMissing = "table-missing", "This analysis needs a table or column that the recipe does not name.", "该分析所需的表或列未在配方中给出。";
    /// A value that no row has.
    LabelUnknown = "label-unknown", "No row has this value. Check how it is written.", "没有任何一行是这个取值，请检查写法。";
    /// Stages of events nobody did.
    StagesUnmatched = "stages-unmatched", "No event that the stages speak of is in the files. Name the files' own events in the stages.", "文件里没有各阶段规则所说的行为，请在阶段规则里选用文件自己的行为名称。";
    /// Fewer than two arms.
    ArmMissing = "arm-missing", "An experiment needs two or more arms with people in them, the control among them.", "实验至少需要两个有人的组，且须包含对照组。";
    /// Something behind or before an assignment that has no time.
    ArmUntimed = "arm-untimed", "This counts from when people came into their arm. Name the time of [[assign]], or do without.", "这里要从进入分组的时间算起。请写明 [[assign]] 的 time，或不用这一项。";
    /// A factor with too few levels, or too many.
    FactorLevels = "factor-levels", "A factor needs two to six values among the people of the experiment.", "每个因子在实验人群中须有 2 到 6 个取值。";
    /// Two experiments of one layer with a bucket in common.
    BucketsOverlap = "buckets-overlap", "Two experiments of one layer share buckets: their ranges must not overlap.", "同一层中两个实验的桶区间重叠，请错开。";
    /// Too few orders to fit a model of them.
    TooFewOrders = "too-few-orders", "Too few people bought again to fit a model of it.", "复购人数太少，无法拟合模型。";
    /// The user stopped it.
    Cancelled = "cancelled", "Stopped.", "已停止。";
    /// A worker died.
    WorkerLost = "worker-lost", "A worker stopped. Load the files again.", "一个工作线程已停止，请重新加载文件。";
    /// Output could not be written (command line).
    OutputUnwritable = "output-unwritable", "The output could not be written.", "无法写入输出。";
}

/// Where it went wrong: as much as is known.
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Which file: its name as the user gave it, or its role (`first_party`, `tags`, `room.toml`).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub file: Option<String>,
    /// 1-based row of the file, the header included.
    #[cfg_attr(test, ts(type = "number"))]
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub row: Option<u64>,
    /// Column name, setting or 1-based number.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub column: Option<String>,
}

/// A refusal: what, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Error {
    /// What is wrong.
    pub kind: Kind,
    /// Where.
    pub at: Place,
}

impl Error {
    /// A refusal with no place yet.
    pub fn new(kind: Kind) -> Self {
        Error { kind, at: Place::default() }
    }
    /// The same, in this file.
    pub fn file(mut self, file: impl Into<String>) -> Self {
        self.at.file = Some(file.into());
        self
    }
    /// The same, at this 1-based row.
    pub fn row(mut self, row: u64) -> Self {
        self.at.row = Some(row);
        self
    }
    /// The same, in this column or setting.
    pub fn column(mut self, column: impl Into<String>) -> Self {
        self.at.column = Some(column.into());
        self
    }
    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }
}

/// Refuses the first setting, by its name, that is not fine.
pub fn settings(all: &[(&str, bool)]) -> Result<()> {
    match all.iter().find(|(_, fine)| !fine) {
        Some((name, _)) => Err(Error::new(Kind::OutOfRange).column(*name)),
        None => Ok(()),
    }
}

impl From<Kind> for Error {
    fn from(kind: Kind) -> Self {
        Error::new(kind)
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[{}] {}", self.code(), self.kind.english())?;
        let Place { file, row, column } = &self.at;
        if let Some(file) = file {
            write!(f, " file {file}")?;
        }
        if let Some(row) = row {
            write!(f, " row {row}")?;
        }
        if let Some(column) = column {
            write!(f, " column {column}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
