"""The closed lists of the manifest: each word with its Chinese and English name."""

from __future__ import annotations

from coursekit.manifest.fields import Choice


class Category(Choice):
    """What field of training a course serves."""

    GENERAL = "general", "通用素质类", "general competence"
    SKILL = "skill", "职业技能类", "occupational skill"
    SPECIAL = "special", "专项职业能力类", "special vocational ability"
    STARTUP = "startup", "创新创业类", "innovation and start-up"
    OTHER = "other", "其他", "other"


class StandardKind(Choice):
    """Which kind of norm the points are taken from."""

    NATIONAL = "national", "国家职业标准", "national occupational standard"
    SPECIAL = "special", "专项职业能力考核规范", "special vocational ability specification"
    COURSE = "course", "培训课程规范", "training course specification"
    ENTERPRISE = "enterprise", "企业岗位规范", "enterprise post specification"
    OTHER = "other", "其他", "other"


class PointKind(Choice):
    """技能要求 or 相关知识要求."""

    SKILL = "skill", "技能要求", "skill"
    KNOWLEDGE = "knowledge", "相关知识要求", "knowledge"


class Depth(Choice):
    """How deeply a lesson treats a point, in rising order."""

    MENTION = "mention", "提及", "mention"
    TEACH = "teach", "讲授", "teach"
    DEMONSTRATE = "demonstrate", "示范", "demonstrate"
    PRACTISE = "practise", "练习", "practise"

    @property
    def rank(self) -> int:
        """0 for a mention, 3 for practice."""
        return _DEPTHS.index(self)


_DEPTHS = tuple(Depth)


class LessonRole(Choice):
    """What a lesson is for. Only `content` lessons must teach a point."""

    CONTENT = "content", "正课", "content"
    INTRO = "intro", "导学", "introduction"
    SUMMARY = "summary", "小结", "summary"
    EXAM = "exam", "考核", "examination"


class Mode(Choice):
    """Where a lesson takes place."""

    ONLINE = "online", "线上", "online"
    OFFLINE = "offline", "线下", "offline"
    BLENDED = "blended", "混合", "blended"


class Part(Choice):
    """Theory or practice."""

    THEORY = "theory", "理论", "theory"
    PRACTICE = "practice", "实操", "practice"


class MediaRole(Choice):
    """What a file does in its lesson."""

    MAIN = "main", "主视频", "main"
    SUPPLEMENT = "supplement", "补充材料", "supplement"


class MediaKind(Choice):
    """The kinds of resource a filing names."""

    TEXT = "text", "文本", "text"
    IMAGE = "image", "图形/图像", "image"
    AUDIO = "audio", "音频", "audio"
    VIDEO = "video", "视频", "video"
    ANIMATION = "animation", "动画", "animation"
    MODEL = "3d", "3D", "3D"
    INTERACTIVE = "interactive", "交互式课件", "interactive courseware"
    SIMULATION = "simulation", "仿真模拟", "simulation"
    VR = "vr", "虚拟现实", "virtual reality"
    AR = "ar", "增强现实", "augmented reality"


class AssessmentKind(Choice):
    """How a point is assessed."""

    QUIZ = "quiz", "测验", "quiz"
    EXAM = "exam", "理论考试", "written examination"
    PRACTICAL = "practical", "实操考核", "practical examination"
    ASSIGNMENT = "assignment", "作业", "assignment"


class RightKind(Choice):
    """Kinds of material whose rights must be clear."""

    COURSE = "course", "课程资源整体", "the course as a whole"
    IMAGE = "image", "图片", "picture"
    VIDEO = "video", "视频", "video"
    PORTRAIT = "portrait", "肖像", "portrait"
    FONT = "font", "字体", "font"
    MUSIC = "music", "配乐", "music"
    TEXT = "text", "文字", "text"
    SOFTWARE = "software", "软件", "software"
    OTHER = "other", "其他", "other"


class RightBasis(Choice):
    """Why the studio may use an item."""

    OWN = "own", "自有版权", "own work"
    LICENCE = "licence", "授权许可", "licensed"
    CONSENT = "consent", "本人同意", "personal consent"
    OPEN = "open", "开放许可", "open licence"
    PUBLIC_DOMAIN = "public-domain", "公有领域", "public domain"


class Route(Choice):
    """How an expert qualifies."""

    EXAMINER = "examiner", "考评员", "examiner"
    TOP_CERTIFICATE = "top-level-certificate", "最高级别证书", "top-level certificate"
    TITLE = "professional-title", "中级及以上职称", "intermediate or higher title"
    SUBSTITUTE = "substitute-with-consent", "替代专家（经省厅同意）", "substitute with provincial consent"


class ReviewVerdict(Choice):
    """What an expert says."""

    PASS = "pass", "通过", "pass"
    REVISE = "revise", "修改后再审", "revise"
    REJECT = "reject", "不通过", "reject"


class MarkPlace(Choice):
    """Where a mark of the studio may appear."""

    VIDEO = "video", "画面", "picture"
    COVER = "cover", "封面", "cover"


class AiKind(Choice):
    """What was made with AI."""

    TEXT = "text", "文字", "text"
    IMAGE = "image", "图片", "picture"
    VOICE = "voice", "配音", "voice"
    MUSIC = "music", "音乐", "music"
    VIDEO = "video", "视频", "video"
    AVATAR = "avatar", "数字人", "digital human"
    TRANSLATION = "translation", "翻译", "translation"
