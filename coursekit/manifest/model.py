"""The manifest as typed values: the syllabus, the points it teaches, its hours, rights, experts and reviews.

The order of classes and of fields is the order in a written manifest, in its schema and in the workbook. Hours are
exact fractions: half of 28 is 14, not 14.000000000000002.
"""

# ruff: noqa: RUF009 -- spec() is dataclasses.field() with words; it is called once per field, as field() is
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from coursekit.manifest.faults import Fault
from coursekit.manifest.fields import Form, spec
from coursekit.manifest.tree import Places
from coursekit.manifest.vocabulary import (
    AiKind,
    AssessmentKind,
    Category,
    Depth,
    LessonRole,
    MarkPlace,
    MediaKind,
    MediaRole,
    Mode,
    Part,
    PointKind,
    ReviewVerdict,
    RightBasis,
    RightKind,
    Route,
    StandardKind,
)

MANIFEST_SCHEMA = "coursekit/manifest/1"


@dataclass(frozen=True, slots=True)
class Occupation:
    """职业（工种）."""

    code: str = spec(
        "职业编码", "职业编码，照标准填写", "code of the occupation, as the standard prints it", form=Form.CODE
    )
    name: str = spec("职业名称", "职业（工种）名称", "name of the occupation")


@dataclass(frozen=True, slots=True)
class Cover:
    """封面图."""

    file: str = spec("封面文件", "封面图片的路径", "path of the cover picture", form=Form.PATH)
    sha256: str | None = spec("SHA-256", "文件的 SHA-256", "SHA-256 of the file", form=Form.SHA256, default=None)


@dataclass(frozen=True, slots=True)
class CourseInfo:
    """课程基本信息."""

    id: str = spec("课程编号", "本单位内唯一的课程编号", "id of the course, unique in your house", form=Form.ID)
    title: str = spec("课程名称", "课程名称，与备案表一致", "title of the course, as on the filing form")
    category: Category | None = spec("资源类别", "按适用领域分类", "field of training the course serves", default=None)
    occupation: Occupation | None = spec("职业（工种）", "对应的职业（工种）", "the occupation", default=None)
    levels: tuple[int, ...] = spec(
        "等级",
        "课程面向的技能等级，5=五级（初级工）…1=一级（高级技师）",
        "levels served, 5 (lowest) to 1 (highest)",
        default=(),
        minimum=1,
        maximum=5,
    )
    inherits: tuple[int, ...] = spec(
        "沿用等级",
        "学员已具备、不再重讲的等级",
        "levels the learner brings along and need not be taught again",
        default=(),
        minimum=1,
        maximum=5,
    )
    operator: str | None = spec(
        "运营机构", "线上培训平台运营机构全称", "full name of the platform operator", default=None
    )
    platform: str | None = spec("线上培训平台", "平台全称", "full name of the training platform", default=None)
    url: str | None = spec(
        "课程地址", "课程在平台上的网址", "address of the course on the platform", form=Form.URL, default=None
    )
    audience: str | None = spec("培训对象", "面向哪些学员", "who the course is for", form=Form.TEXT, default=None)
    delivery: str | None = spec("培训形式", "录播、直播、互动等", "recorded, live, interactive …", default=None)
    assessment_form: str | None = spec("评价形式", "怎样考核评价", "how learners are assessed", default=None)
    source: str | None = spec(
        "资源来源", "自主开发、合作开发或引进", "own, joint or bought-in development", default=None
    )
    fee: str | None = spec("费用", "收费情况，免费也要写明", "what it costs; say so if it is free", default=None)
    summary: str | None = spec(
        "课程简介", "课程与资源情况简述", "what the course and its material are", form=Form.TEXT, default=None
    )
    use_from: date | None = spec(
        "启用日期", "计划开始使用的日期", "first day of planned use", form=Form.DATE, default=None
    )
    use_until: date | None = spec(
        "使用截止日期",
        "计划使用到哪一天；授权须覆盖到这一天",
        "last day of planned use; licences must last until then",
        form=Form.DATE,
        default=None,
    )
    platform_listed_on: date | None = spec(
        "平台公布日期", "平台列入目录的公布日期", "day the platform was listed", form=Form.DATE, default=None
    )
    covers: tuple[Cover, ...] = spec("封面", "课程封面", "cover pictures of the course", default=())


@dataclass(frozen=True, slots=True)
class Standard:
    """知识点、技能点的出处."""

    title: str = spec("标准名称", "所依据的标准或规范名称", "title of the standard the points come from")
    kind: StandardKind = spec("标准类别", "标准或规范的类别", "kind of standard", default=StandardKind.NATIONAL)
    issuer: str | None = spec("颁布单位", "颁布单位", "who issued it", default=None)
    number: str | None = spec("文号", "颁布文号或标准编号", "number of the document", default=None)
    file: str | None = spec(
        "标准文件", "课程文件夹内的标准文本", "the text, inside the course folder", form=Form.PATH, default=None
    )
    sha256: str | None = spec("SHA-256", "文件的 SHA-256", "SHA-256 of the file", form=Form.SHA256, default=None)


@dataclass(frozen=True, slots=True)
class ReferenceHours:
    """标准规定的培训参考学时."""

    total: Fraction = spec("参考学时", "标准给出的总学时", "total hours the standard asks for", form=Form.FRACTION)
    source: str | None = spec("出处", "标准中的章节或页码", "chapter or page in the standard", default=None)


@dataclass(frozen=True, slots=True)
class Hours:
    """课时约定."""

    unit_minutes: int = spec(
        "每课时分钟", "一个课时的分钟数", "minutes in one class hour", default=45, minimum=1, maximum=120
    )
    reference: Mapping[str, ReferenceHours] = spec(
        "参考学时", "按等级填写标准的参考学时", "reference hours of the standard, by level", factory=dict
    )


@dataclass(frozen=True, slots=True)
class Weights:
    """一个等级的理论与技能权重表，各列合计 100."""

    theory: Mapping[str, Fraction] = spec(
        "理论权重",
        "职业道德、基础知识和各职业功能的理论权重（%）",
        "theory weight of each function, in %",
        form=Form.FRACTION,
        factory=dict,
        minimum=0,
        maximum=100,
    )
    skill: Mapping[str, Fraction] = spec(
        "技能权重",
        "各职业功能的技能权重（%）",
        "skill weight of each function, in %",
        form=Form.FRACTION,
        factory=dict,
        minimum=0,
        maximum=100,
    )


@dataclass(frozen=True, slots=True)
class Point:
    """一个知识点或技能点."""

    id: str = spec("点编号", "全课程唯一，例如 L4.S.1.1.1", "unique in the course, such as L4.S.1.1.1", form=Form.ID)
    kind: PointKind = spec("类别", "技能要求或相关知识要求", "skill or knowledge")
    code: str = spec("标准序号", "标准中的序号，须加引号", "number in the standard; keep the quotes", form=Form.CODE)
    text: str = spec("内容", "标准原文", "the wording of the standard", form=Form.TEXT)
    level: int | None = spec("等级", "5–1，分别为五级至一级", "5 to 1", default=None, minimum=1, maximum=5)
    function: str | None = spec(
        "职业功能",
        "职业功能序号，或“职业道德”“基础知识”",
        "number of the function, or 职业道德 / 基础知识",
        form=Form.CODE,
        default=None,
    )
    task: str | None = spec("工作内容", "工作内容序号", "number of the task", form=Form.CODE, default=None)
    required: bool = spec("必学", "是否必须讲授", "must be taught", default=True)
    practical: bool = spec("实操", "是否必须示范或练习", "must be shown or practised", default=False)
    critical: bool = spec("关键技能", "是否为关键（★）技能", "a key skill (★)", default=False)
    importance: str | None = spec(
        "重要程度", "鉴定要素重要程度，如 X/Y/Z", "importance in the assessment table", form=Form.CODE, default=None
    )
    requires: tuple[str, ...] = spec(
        "先修点", "须先学的知识点、技能点编号", "points to be learnt before", form=Form.ID, default=()
    )
    page: int | None = spec("页码", "在标准中的页码", "page in the standard", default=None, minimum=1, maximum=10_000)
    exact_match: str | None = spec(
        "对应条目", "其他框架中同义条目的网址", "address of the same item elsewhere", form=Form.URL, default=None
    )


@dataclass(frozen=True, slots=True)
class Subtitle:
    """字幕文件."""

    file: str = spec("字幕文件", "字幕文件路径", "path of the subtitle file", form=Form.PATH)
    language: str = spec("语言", "字幕语言代码", "language code", form=Form.CODE, default="zh-CN")
    sha256: str | None = spec("SHA-256", "文件的 SHA-256", "SHA-256 of the file", form=Form.SHA256, default=None)


@dataclass(frozen=True, slots=True)
class Media:
    """一节课的一个文件."""

    file: str = spec("文件", "媒体文件路径", "path of the file", form=Form.PATH)
    role: MediaRole = spec("用途", "主视频或补充材料", "main or supplement", default=MediaRole.MAIN)
    kind: MediaKind | None = spec("媒体类型", "备案所列的资源类型", "kind of resource, as filed", default=None)
    sha256: str | None = spec("SHA-256", "文件的 SHA-256", "SHA-256 of the file", form=Form.SHA256, default=None)
    duration_s: float | None = spec(
        "时长（秒）", "时长，单位秒", "duration in seconds", default=None, minimum=0, maximum=1_000_000
    )
    subtitles: tuple[Subtitle, ...] = spec("字幕", "字幕文件", "subtitle files", default=())


@dataclass(frozen=True, slots=True)
class Teaching:
    """一节课讲到一个点."""

    point: str = spec("点编号", "知识点或技能点编号", "id of the point", form=Form.ID)
    depth: Depth = spec(
        "深度", "提及、讲授、示范或练习", "mention, teach, demonstrate or practise", default=Depth.TEACH
    )


@dataclass(frozen=True, slots=True)
class LessonEntry:
    """一节课."""

    id: str = spec("课次编号", "全课程唯一", "unique in the course", form=Form.ID)
    title: str = spec("课题", "本课标题", "title of the lesson")
    mode: Mode = spec("方式", "线上、线下或混合", "online, offline or blended")
    part: Part = spec("类型", "理论或实操", "theory or practice")
    hours: Fraction = spec("课时", "申报课时", "class hours declared", form=Form.FRACTION)
    online_hours: Fraction | None = spec(
        "其中线上课时", "混合课次中线上部分的课时", "online part of a blended lesson", form=Form.FRACTION, default=None
    )
    role: LessonRole = spec(
        "课次性质",
        "正课、导学、小结或考核",
        "content, introduction, summary or examination",
        default=LessonRole.CONTENT,
    )
    levels: tuple[int, ...] = spec(
        "等级", "不填则为课程全部等级", "all levels of the course when absent", default=(), minimum=1, maximum=5
    )
    function: str | None = spec(
        "职业功能",
        "课时计入的职业功能；不填按所讲的点分摊",
        "function the hours count for; shared out over its points when absent",
        form=Form.CODE,
        default=None,
    )
    requires: tuple[str, ...] = spec(
        "先修课次", "须先上的课次编号", "lessons to be taken before", form=Form.ID, default=()
    )
    media: tuple[Media, ...] = spec("媒体", "本课的文件", "files of the lesson", default=())
    cover: str | None = spec("封面文件", "本课封面", "cover picture of the lesson", form=Form.PATH, default=None)
    teaches: tuple[Teaching, ...] = spec("讲授", "本课讲到的知识点、技能点", "points the lesson treats", default=())

    @property
    def main(self) -> Media | None:
        """The file the lesson is judged by."""
        return next((m for m in self.media if m.role is MediaRole.MAIN), None)

    @property
    def hours_online(self) -> Fraction:
        """How many of its hours are online."""
        if self.mode is Mode.ONLINE:
            return self.hours
        if self.mode is Mode.OFFLINE:
            return Fraction(0)
        return self.online_hours or Fraction(0)


@dataclass(frozen=True, slots=True)
class Assessment:
    """一次考核."""

    id: str = spec("考核编号", "全课程唯一", "unique in the course", form=Form.ID)
    title: str | None = spec("名称", "考核名称", "title", default=None)
    kind: AssessmentKind = spec(
        "形式", "测验、考试、实操或作业", "quiz, exam, practical or assignment", default=AssessmentKind.QUIZ
    )
    covers: tuple[str, ...] = spec(
        "考核点", "所考核的知识点、技能点编号", "ids of the points assessed", form=Form.ID, default=()
    )
    file: str | None = spec("文件", "题库或评分表", "question bank or marking sheet", form=Form.PATH, default=None)


@dataclass(frozen=True, slots=True)
class Right:
    """一项素材的权利."""

    id: str = spec("素材编号", "全课程唯一", "unique in the course", form=Form.ID)
    item: str = spec("素材", "是什么素材", "what it is")
    kind: RightKind = spec("素材类型", "图片、视频、肖像、字体、配乐等", "picture, video, portrait, font, music …")
    basis: RightBasis = spec(
        "权利依据", "自有、授权、本人同意、开放许可或公有领域", "own, licensed, consented, open or public domain"
    )
    holder: str | None = spec("权利人", "著作权人或本人", "who holds the right", default=None)
    file: str | None = spec("证明文件", "权属或授权证明的路径", "path of the proof", form=Form.PATH, default=None)
    scope: str | None = spec("授权范围", "授权允许的用途", "use the licence allows", form=Form.TEXT, default=None)
    expires: date | None = spec(
        "授权到期日", "长期有效可不填", "leave out when it does not expire", form=Form.DATE, default=None
    )
    lessons: tuple[str, ...] = spec(
        "使用课次", "不填则为整个课程", "the whole course when absent", form=Form.ID, default=()
    )


@dataclass(frozen=True, slots=True)
class AiItem:
    """一项人工智能生成的素材."""

    id: str = spec("编号", "全课程唯一", "unique in the course", form=Form.ID)
    what: str = spec("内容", "生成了什么", "what was made")
    kind: AiKind = spec("类型", "文字、图片、配音、视频等", "text, picture, voice, video …")
    tool: str | None = spec("工具", "使用的生成工具", "tool it was made with", default=None)
    files: tuple[str, ...] = spec("所在文件", "含有该素材的文件", "files that hold it", form=Form.PATH, default=())
    label: str | None = spec("显式标识", "画面或声音中的标识文字", "the visible or spoken label", default=None)
    label_start_s: float | None = spec(
        "标识开始（秒）", "标识在文件中出现的时刻", "when the label appears", default=None, minimum=0, maximum=1_000_000
    )
    label_s: float | None = spec(
        "标识时长（秒）", "标识持续的秒数", "how long the label stays", default=None, minimum=0, maximum=1_000_000
    )
    metadata: bool = spec(
        "隐式标识", "文件元数据中是否有 AIGC 标识", "the file's metadata carries the AIGC key", default=False
    )


@dataclass(frozen=True, slots=True)
class Ai:
    """人工智能生成内容声明."""

    used: bool = spec("使用了人工智能", "课程是否含有人工智能生成的内容", "the course holds AI-made material")
    items: tuple[AiItem, ...] = spec("人工智能素材", "逐项列出", "each item", default=())


@dataclass(frozen=True, slots=True)
class Mark:
    """本单位的台标、水印."""

    id: str = spec("标识编号", "全课程唯一", "unique in the course", form=Form.ID)
    name: str = spec("名称", "标识名称", "name of the mark")
    file: str | None = spec("图样", "标识图样的路径", "path of a picture of the mark", form=Form.PATH, default=None)
    texts: tuple[str, ...] = spec("文字", "标识中的文字", "words in the mark", default=())
    places: tuple[MarkPlace, ...] = spec("出现位置", "画面或封面", "in the picture or on the cover", default=())
    right: str | None = spec("权属编号", "rights 中的编号", "id in rights", form=Form.ID, default=None)


@dataclass(frozen=True, slots=True)
class Loudness:
    """本单位约定的响度."""

    target_lufs: float = spec("目标响度", "目标响度，LUFS", "target in LUFS", minimum=-60, maximum=0)
    tolerance_lu: float = spec("允许偏差", "允许偏差，LU", "tolerance in LU", minimum=0, maximum=20)
    source: str | None = spec("依据", "约定的依据", "where the figure comes from", default=None)


@dataclass(frozen=True, slots=True)
class Expert:
    """审核专家."""

    id: str = spec("专家编号", "全课程唯一", "unique in the course", form=Form.ID)
    name: str = spec("姓名", "专家姓名", "name")
    province: str | None = spec(
        "所在省份", "专家来自哪个省（自治区、直辖市）", "province the expert is from", default=None
    )
    affiliation: str | None = spec("工作单位", "工作单位", "where the expert works", default=None)
    phone: str | None = spec("联系电话", "联系电话", "telephone", default=None)
    route: Route | None = spec(
        "资格途径",
        "考评员、最高级别证书、中级及以上职称，或经同意的替代专家",
        "examiner, top certificate, title, or substitute by consent",
        default=None,
    )
    qualification: str | None = spec("专业职称或职业资格", "职称或职业资格", "title or qualification", default=None)
    certificate: str | None = spec("证书名称", "证书名称", "name of the certificate", default=None)
    certificate_file: str | None = spec(
        "资质证明", "证书扫描件路径", "path of the certificate", form=Form.PATH, default=None
    )
    identity_file: str | None = spec(
        "身份证件",
        "身份证复印件路径，不会进入导入包",
        "path of the identity paper; never packed for import",
        form=Form.PATH,
        default=None,
    )
    cv_file: str | None = spec("简历", "简历路径", "path of the CV", form=Form.PATH, default=None)
    consent_file: str | None = spec(
        "同意文件", "省厅同意替代专家的文件", "the authority's consent to a substitute", form=Form.PATH, default=None
    )


@dataclass(frozen=True, slots=True)
class Review:
    """一次专家审核."""

    expert: str = spec("专家编号", "experts 中的编号", "id in experts", form=Form.ID)
    verdict: ReviewVerdict = spec("结论", "通过、修改后再审或不通过", "pass, revise or reject")
    subject_sha256: str = spec(
        "所审内容 SHA-256",
        "审的是哪些字节：课次为主文件，课程为全部文件的摘要",
        "which bytes were reviewed: the main file of a lesson, the digest of a course",
        form=Form.SHA256,
    )
    lesson: str | None = spec(
        "课次编号", "不填则为整个课程", "the whole course when absent", form=Form.ID, default=None
    )
    reviewed_on: date | None = spec("审核日期", "审核日期", "day of the review", form=Form.DATE, default=None)
    comment: str | None = spec("意见", "需要调整或修改的意见", "changes wanted", form=Form.TEXT, default=None)
    file: str | None = spec("审核同意书", "签字件路径", "path of the signed form", form=Form.PATH, default=None)


@dataclass(frozen=True, slots=True)
class Paper:
    """其他随课文件."""

    title: str = spec("名称", "文件名称", "what it is")
    file: str = spec("文件", "文件路径", "path of the file", form=Form.PATH)
    sha256: str | None = spec("SHA-256", "文件的 SHA-256", "SHA-256 of the file", form=Form.SHA256, default=None)


@dataclass(frozen=True, slots=True)
class Manifest:
    """course.yaml."""

    schema: str = spec("格式", "清单格式版本，照抄", "version of the format; copy as it is", form=Form.CODE)
    course: CourseInfo = spec("课程", "课程基本信息", "the course")
    standard: Standard | None = spec("标准", "知识点、技能点的出处", "where the points come from", default=None)
    hours: Hours = spec(
        "课时约定", "课时长度与标准参考学时", "length of a class hour, reference hours", default=Hours()
    )
    weights: Mapping[str, Weights] = spec("权重表", "按等级填写权重表", "weight tables by level", factory=dict)
    points: tuple[Point, ...] = spec(
        "知识点技能点", "标准中的知识点与技能点", "knowledge and skill points of the standard", default=()
    )
    lessons: tuple[LessonEntry, ...] = spec("课次", "按授课顺序排列", "in teaching order", default=())
    assessments: tuple[Assessment, ...] = spec("考核", "测验、考试与实操考核", "quizzes and examinations", default=())
    rights: tuple[Right, ...] = spec("素材版权", "所用素材的权利", "rights in the material used", default=())
    rights_none: tuple[RightKind, ...] = spec(
        "未使用素材", "声明课程没有使用的素材类型", "kinds of material the course does not use", default=()
    )
    ai: Ai | None = spec("人工智能生成内容", "人工智能生成内容声明", "declaration of AI-made material", default=None)
    marks: tuple[Mark, ...] = spec("自有标识", "本单位的台标、水印", "the studio's own marks", default=())
    loudness: Loudness | None = spec("响度约定", "本单位约定的响度", "the studio's agreed loudness", default=None)
    experts: tuple[Expert, ...] = spec("审核专家", "审核专家", "experts who review", default=())
    reviews: tuple[Review, ...] = spec("审核结论", "专家审核结论", "what the experts said", default=())
    papers: tuple[Paper, ...] = spec("随课文件", "培训大纲等其他文件", "syllabus and other papers", default=())
    places: Places = field(default_factory=Places, compare=False, repr=False)
    """JSON pointer to line and column."""
    faults: tuple[Fault, ...] = field(default=(), compare=False)
    """What the reader could not take as written; `manifest/schema` reports them."""
