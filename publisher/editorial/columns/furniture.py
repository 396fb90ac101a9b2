"""The lines of a news site that are no part of any article: buttons, navigation, notices, lists of other articles.

A pattern here is anchored or names a thing whole, so that a sentence about advertising, cookies or copyright is none.
"""

from __future__ import annotations

import re


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


_BUTTON = _any(
    r"(?:기사\s?)?(?:공유|스크랩|인쇄|프린트|저장|구독|제보)(?:하기)?",
    r"글자\s?(?:크기|사이즈)(?:\s?(?:조절|설정|변경|크게|작게))?|가\s?[+-]?|가가",
    r"댓글(?:\s?\(?\d*\)?)?(?:\s?(?:쓰기|보기|달기))?|(?:좋아요|추천)\s?\d*|북마크|알림\s?받기",
    r"(?:음성으로|기사)\s?듣기|듣기|요약(?:봇)?|AI\s?요약|번역|(?:PDF|지면|원본)\s?보기|신문\s?구독",
    r"카카오(?:톡|스토리)?|페이스북|트위터|엑스|네이버(?:\s?(?:밴드|블로그))?|밴드|라인|이메일|메일",
    r"(?:URL|링크|주소)\s?(?:복사|공유)(?:하기)?",
    r"목록(?:으로)?|(?:이전|다음)(?:\s?기사)?|닫기|열기|(?:전체\s?)?메뉴|검색|홈|맨\s?위로|(?:본문\s?)?바로가기",
    r"로그인|회원가입|마이페이지|동의|확인|취소|광고|(?:기사\s?)?더\s?보기|(?:기사\s?)?본문",
    r"(?:사진|이미지|그림)\s?(?:확대|크게)(?:\s?보기)?|확대(?:해서)?\s?보기|크게\s?보기",
    r"(?:최신\s?)?뉴스|정치|경제|사회|국제|문화|스포츠|연예|오피니언|사설|칼럼|과학|테크|산업|증권|부동산|생활|라이프|건강|전체|IT",
    r"ads?|adverti[sz]e?ments?|sponsored(?:\scontent)?",
    r"(?:enlarge|expand|view\slarger)(?:\s(?:this\s)?(?:picture|image|photo))?|view\sfull[- ]?size(?:d?\simage)?",
    r"share(?:\sthis)?(?:\s(?:article|story|post|on\s\w+))?|tweet|post|e-?mail(?:\sthis)?|copy\s(?:link|url)",
    r"print(?:\sthis)?(?:\s(?:article|page))?|save(?:d|\s(?:article|story|for\slater))?|bookmark|follow(?:\sus)?",
    r"listen(?:\sto\s(?:this\s)?(?:article|story))?(?:\s?[·(]?\s?\d+\s?min(?:utes?)?\)?)?|\d+[- ]min(?:ute)?s?\sread",
    r"likes?\s?\d*|(?:\d+\s)?comments?(?:\s?\(?\d+\)?)?|(?:leave|add|post)\sa\scomment",
    r"(?:text|font)\ssize|a\s?[+-]|aa|subscribe(?:\snow)?|sign\s?(?:in|up)|log\s?(?:in|out)|register",
    r"menu|search|home|close|open|skip\sto\s(?:main\s)?content|(?:back\sto\s)?top|more",
    r"(?:next|prev(?:ious)?)(?:\s(?:article|story))?|facebook|x|twitter|linkedin|whatsapp|reddit|kakaotalk|line",
    r"(?:accept|reject|allow|decline)(?:\sall)?(?:\scookies)?|(?:manage\s)?(?:cookie\s)?(?:preferences|settings|cookies)",
    r"news|world|politics|business|tech(?:nology)?|science|culture|opinion|sports?|markets?|lifestyle|health|video",
    r"podcasts?|newsletters?",
)
_ENLARGE = _any(
    r"\W*(?:사진|이미지|그림)\s?(?:확대|크게)(?:\s?보기)?\W*",
    r"\W*(?:enlarge|expand|view\slarger)(?:\s(?:this\s)?(?:picture|image|photo))?\W*",
)
_RIGHTS = _any(
    r"copyrights?\s?(?:[ⓒ©(]|by\b|\d{4})|저작권자?\s?(?:[ⓒ©(<:]|\(c\))|^[ⓒ©]\s?\w|^\(c\)\s|all rights? reserved",
    r"무단\s?전재.{0,30}금지|재배포\s?(?:를\s)?금지|(?:ai\s)?학습\s?(?:및|·)\s?활용\s?금지",
    r"저작권은 .{0,40}(?:있습니다|귀속)",
    r"(?:reproduction|redistribution)\b.{0,60}\b(?:prohibited|forbidden|not permitted)",
    r"no part of this\b.{0,60}\breproduced",
)
_NOTICE = _any(
    r"^(?:이|본|저희|우리)\s?(?:웹\s?)?(?:사이트|홈페이지|서비스)\S{0,3}\s.{0,40}쿠키",
    r"쿠키\s?(?:사용|수집|설정).{0,30}(?:동의|안내)|^(?:we|(?:this|our) (?:web)?site)\b.{0,60}\bcookies\b",
    r"(?:뉴스레터|채널|소식|알림).{0,60}(?:구독하세요|구독해\s?주세요|구독하기|신청하세요|구독\s?신청)[.!]?$",
    r"받아\s?보세요[.!]?$|^[가-힣A-Za-z\s]{0,20}구독(?:하기|하세요|\s?신청)[.!]?$",
    r"^(?:get|receive|have|want|our|the)\b.{0,80}\b(?:in|to) your inbox\b|^(?:subscribe|sign up)\b.{0,100}$",
    r"^join .{0,30}(?:readers|subscribers)\b|^follow us\b|^(?:click|tap) here\b|^(?:enter )?your e-?mail\b",
    r"^이메일 (?:주소)?(?:를)? ?입력|^(?:홈|home)\s?[>›»/]",
    r"^(?:tags?|keywords?|topics?|태그|키워드|분야|섹션)(?:\s?[:：]|$)|^(?:#[^\s#,]{1,30}[\s,]*){2,}$",
    r"다른\s?기사\s?(?:더\s?)?보기$|기자\s?(?:페이지|구독|홈)$|^more (?:stories )?(?:by|from) ",
    r"^advertis(?:ement|e with|ing (?:with|on|in) (?:us|this))\b",
    r"^this article (?:is|was) (?:sponsored|provided)|^제보는?\s.{0,40}(?:@|카카오톡)",
    r"기사를\s?공유(?:합니다|하세요)\.?$|^이 기사(?:가|를) .{0,30}(?:추천|평가|마음)|^댓글을 .{0,20}로그인",
)
_SPONSOR = _any(
    r"^[\[(<【]\s?(?:ads?|광고|유료\s?광고|PR|스폰서|협찬|제휴|sponsor(?:ed)?|promoted|partner)\s?[\])>】]",
    r"^(?:ad|광고|스폰서|협찬|sponsor(?:ed)?)\s?[|:：]",
    r"^(?:together with|in partnership with|presented by|brought to you by|sponsored by)\b.{0,60}$",
    r"^(?:a (?:word|message) from|from|today[’']s|this week[’']s)\s(?:our |the )?(?:sponsor|partner)s?\b.{0,80}$",
    r"^(?:our|partner) (?:sponsors?|partners?|content|spotlight|message)(?:[:：].{0,80})?$",
    r"^(?:오늘|이번\s?(?:주|호))의?\s?(?:스폰서|광고|후원사)",
)
_CLOSING = _any(
    r"^(?:오늘|이번)\S{0,4}\s?(?:\S{0,8}\s)?\S{0,6}(?:레터|메일|브리핑|소식|글|호)\S{0,2}\s(?:어떠|어땠|좋으셨|마음에)",
    r"^(?:피드백|의견|설문|후기)\S{0,3}\s?(?:남기|남겨|보내|들려|부탁|참여)|^(?:도움이 (?:됐|되셨)|의견을 남겨)",
    r"^(?:지난|이전|다음)\s?(?:뉴스)?(?:레터|호|메일|읽을거리)\S{0,2}(?:\s?(?:다시)?\s?(?:보기|보러\s?가기|읽기))?$",
    r"친구(?:에게|와|한테)\s?.{0,20}(?:추천|소개|공유|알려)\S{0,4}\s?(?:주세요|보세요)[.!]?$",
    r"^(?:오늘|이번\s?주)\S{0,2}\s.{0,12}여기까지|(?:다음\s?주|다음\s?호).{0,20}(?:만나요|뵙겠습니다|뵐게요|찾아오겠습니다|찾아올게요)[.!]?$",
    r"^how (?:was|did (?:you|we))\b.{0,60}\?$|^what did you think\b|^rate (?:this|today)|^(?:reader )?poll$",
    r"^(?:share|refer|forward)\b.{0,40}(?:friend|newsletter|issue|colleague)",
    r"^(?:that[’']s|that is) (?:all|it)\b.{0,60}$|^(?:thanks|thank you) for reading\b|^before you go\b.{0,20}$",
    r"^(?:see you|until) (?:next|on|then)\b.{0,90}$|^(?:keep reading|ready for more\?|discussion about this post)$",
)
_LEAVING = _any(
    r"(?:수신\s?거부|구독\s?(?:해지|취소))(?:$|\s?(?:하기|[|/·(\[]|unsub))",
    r"(?:수신\s?거부|구독\s?(?:해지|취소))\S{0,3}\s(?:.{0,20}\s)?(?:하시|하려|원하|눌러|누르|클릭)",
    r"\bunsubscribe(?:$|\s?[|/·.(\[]|\s(?:here|from|at any|or\b|link|수신))",
    r"^(?:update|manage|change) (?:your )?(?:e-?mail )?(?:preferences|subscription)",
)
_BROWSER = _any(
    r"^.{0,40}(?:웹|브라우저)(?:에서|로)\s?(?:보기|열기)$|^(?:view|read|open)(?: (?:this|it|the)(?: \S{1,12})?)?"
    r" (?:online|(?:in|on)(?: (?:your|a|the))? (?:browser|web))$",
    r"\bwas this (?:e-?mail|newsletter|issue) forwarded to you\b|^(?:login|log in|sign in) or subscribe\b",
    r"^(?:첨부\s?이미지|\S{0,12}\s?로고)$",
)
_LIST = re.compile(
    r"[\[<【(■▶◆●☞]?\s?(?:"
    + _any(
        r"(?:(?:오늘의?|실시간|주간|가장|지금|분야별|이\s?시각)\s?)?(?:많이\s?(?:본|읽은|찾은)|인기|주요|최신)\s?(?:뉴스|기사|글)?",
        r"(?:실시간\s?)?(?:랭킹(?:\s?뉴스)?|인기\s?검색어|헤드라인|핫\s?이슈|포토\s?뉴스)",
        r"(?:관련|추천)\s?(?:기사|뉴스|글|콘텐츠)|함께\s?(?:볼\s?만한|보면 좋은|읽으면 좋은|읽은)\s?(?:뉴스|기사)?",
        r"(?:the\s)?most[- ](?:read|viewed|popular|shared)(?:\s\w+)?|trending(?:\snow)?|top stories|editor[’']s picks",
        r"(?:popular|latest)(?:\s(?:now|stories|articles|news|headlines))?|recommended(?:\s(?:for\syou|stories))?",
        r"related(?:\s(?:articles?|stories|news|content|topics|links|coverage))?|read (?:next|also)|also read",
        r"you (?:may|might) (?:also )?like|more (?:from|in|on)\b.{0,30}|more (?:stories|news)",
    ).pattern
    + r")\s?[\]>】):：]?",
    re.IGNORECASE,
)
_EDGES = " ·|/›»>«‹<-–—•*+×[]()"


def is_furniture(line: str) -> bool:
    """A button, an advertisement, navigation, a copyright or cookie notice, tags: nothing that a column says."""
    if len(line) > 300:
        return False
    bare = line.strip(_EDGES)
    if not bare or re.fullmatch(r"[\d.,:/\s%()-]{1,12}", bare) or is_rights_notice(line):
        return True
    if _NOTICE.search(line) or _BROWSER.search(line) or (len(line) <= 40 and _LEAVING.match(line)):
        return True
    return _is_row_of_buttons(bare)


def is_enlarge_button(line: str) -> bool:
    """After it, pasted text has the caption of a picture."""
    return len(line) < 60 and bool(_ENLARGE.fullmatch(line))


def is_rights_notice(line: str) -> bool:
    """The line that stands under the end of an article."""
    return len(line) <= 200 and bool(_RIGHTS.search(line))


def is_sponsor(line: str) -> bool:
    """The head of a block that somebody paid for, or its label."""
    return len(line) <= 150 and bool(_SPONSOR.search(line))


def is_closing(line: str) -> bool:
    """What a newsletter says when its items are over: how was it, tell a friend, see you next week."""
    return len(line) <= 150 and bool(_CLOSING.search(line))


def is_leaving(line: str) -> bool:
    """The line at the foot of a mail on how to get no more of them."""
    return len(line) <= 200 and bool(_LEAVING.search(line))


def begins_list(line: str) -> bool:
    """The head of a list of other articles: most read, related, recommended."""
    return len(line) <= 60 and bool(_LIST.fullmatch(line))


def _is_row_of_buttons(bare: str) -> bool:
    """Is it one button, or a row of them that came as one line when it was copied?"""
    if len(bare) > 120:
        return False
    by_marks = [part.strip(_EDGES) for part in re.split(r"[|·/›»>•]", bare)]
    return any(all(_BUTTON.fullmatch(part) for part in parts if part) for parts in (by_marks, bare.split()))
