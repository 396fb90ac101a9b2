"""What every page has and no story needs."""

from __future__ import annotations

from time import process_time

import pytest

from publisher.editorial.clutter import bare, is_clutter


@pytest.mark.parametrize(
    "sentence",
    [
        "Read more", "Read the full story on our site.", "Continue reading", "Click here to see it.",
        "For more, click here.", "Photo: Kim Example", "Image credit: Example Press", "Photo by Kim Example",
        "Source: Example", "By Kim Example", "Posted on a Tuesday", "May 20, 2026", "Wed, 20 May 2026 09:00",
        "20 May 2026", "2026.05.20 06:00", "입력 2026-05-20", "2026년 5월 20일 (수)",
        "The post A robot for tea appeared first on The Example.", "Subscribe to our newsletter",
        "Follow us on the network", "Advertisement", "Comments (3)", "© 2026 Example", "5 min read",
        "https://example.org/a", "kim@example.org", "사진=예시일보", "(사진 제공=예시일보)", "이미지 출처: 예시",
        "김예시 기자 kim@example.org", "김예시 기자", "무단전재 및 재배포 금지", "더보기", "자세히 보기 >",
        "관련 기사", "구독과 좋아요 부탁드립니다.", "여기를 클릭하세요.",
        "[서울=예시통신] 김예시 기자 = 찻집에서 (부산=예시통신) 이예시 기자 = 차를 끓인다.", "$ brew tea --hot",
        "if (tea) { pour(cup); }", "***", "…", "1.", "",
    ],
)  # fmt: skip
def test_clutter_is_told(sentence: str) -> None:
    assert is_clutter(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "By spring the robot will brew tea in every street.",
        "Advertisement revenue fell for the third year because nobody drinks coffee.",
        "Copyright law changes next year, the ministry of tea said.",
        "Photographs of the teapot were shown to guests.",
        "The source of the tea is a hill in the south.",
        "Subscribe buttons are to be larger under the rules that the council of teapots passed on Monday at last.",
        "구독 경제가 커지고 있다.",
        "사진 속 로봇이 차를 끓인다.",
        "광고 없는 찻집이 문을 열었다는 소식이 전해지자 많은 사람이 줄을 섰고 오후에는 거리가 가득 찼다고 한다.",
        "로봇이 기자 앞에서 차를 끓였다.",
        "(서울=예시통신) 김예시 기자 = 찻집에 로봇이 왔다.",
        "It was 20 May 2026 when the robot arrived.",
    ],
)
def test_a_story_is_no_clutter(sentence: str) -> None:
    assert not is_clutter(sentence)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("- Tea is hot.", "Tea is hot."),
        ("2) 차가 뜨겁다.", "차가 뜨겁다."),
        ("(서울=예시통신) 김예시 기자 = 찻집에 로봇이 왔다.", "찻집에 로봇이 왔다."),
        ("SEOUL (Example) - A robot came.", "A robot came."),
        ("SEOUL, May 20 — A robot came.", "A robot came."),
        ("NASA has tea - and cake.", "NASA has tea - and cake."),
        ("Plain words.", "Plain words."),
    ],
)
def test_list_marks_and_datelines_are_taken_off(sentence: str, expected: str) -> None:
    assert bare(sentence) == expected


@pytest.mark.parametrize("piece", ["기자", "기자 ", "a@", "(=", "- ", "무단 ", "1. ", "=", "구독", "click here "])
def test_a_very_long_sentence_takes_no_noticeable_time(piece: str) -> None:
    began = process_time()
    for size in (990, 1_000_000):
        is_clutter(piece * (size // len(piece)))
    assert process_time() - began < 2
