use super::*;

const S: Duration = Duration::from_secs(1);

fn pace() -> Pace {
    Pace::new(Limits { interval: Duration::ZERO, deadline: 600 * S })
}

fn get(path: &str) -> Request {
    Request::new("GET", format!("http://a.example{path}").parse().unwrap())
}

/// Sends one request until it is taken or given up, as if answers came at once; how often it was sent.
fn send(
    pace: &mut Pace,
    now: &mut Duration,
    request: &Request,
    answers: &mut dyn FnMut() -> (u16, Option<Duration>),
) -> (Step, u32) {
    for number in 0.. {
        let Some(turn) = pace.turn(*now) else { return (Step::GiveUp, number) };
        *now = turn.at;
        let (status, wait) = answers();
        match pace.answer((turn.at, *now), request, status, wait, number) {
            Step::Again(wait) => *now += wait,
            Step::Confirm => {
                pace.confirmed(Some(answers().0));
                return (Step::GiveUp, number + 1);
            }
            step => return (step, number + 1),
        }
    }
    unreachable!("a request is not repeated for ever")
}

#[test]
fn requests_keep_the_rate() {
    let mut pace = Pace::new(Limits { interval: S / 10, deadline: 600 * S });
    let turns: Vec<u128> = (0..4).map(|_| pace.turn(Duration::ZERO).unwrap().at.as_millis()).collect();
    assert_eq!(turns, [0, 100, 200, 300]);
    assert_eq!(pace.turn(5 * S).unwrap().at, 5 * S);
}

#[test]
fn a_throttled_request_is_sent_again_and_the_run_slows_down() {
    let (mut pace, mut now) = (pace(), Duration::ZERO);
    assert_eq!(send(&mut pace, &mut now, &get("/"), &mut || (200, None)), (Step::Take, 1));
    let mut number = 0;
    let mut twice = || {
        number += 1;
        if number <= 2 { (429, Some(S)) } else { (200, None) }
    };
    assert_eq!(send(&mut pace, &mut now, &get("/"), &mut twice), (Step::Take, 3));
    assert_eq!(now, 2 * S);
    let throttled = pace.throttled().unwrap();
    assert_eq!((throttled.answers, throttled.waited), (2, 2 * S));
    assert!(throttled.interval >= FASTEST && pace.is_alone());
    assert_eq!(pace.ended(), None);
}

#[test]
fn what_was_under_way_when_the_pause_began_slows_nothing_down_further() {
    let mut pace = pace();
    for _ in 0..8 {
        pace.turn(Duration::ZERO);
    }
    pace.answered = true;
    for _ in 0..8 {
        let step = pace.answer((Duration::ZERO, S / 10), &get("/"), 429, Some(S), 0);
        assert_eq!(step, Step::Again(S));
    }
    assert_eq!((pace.throttled.waited, pace.pause(S / 10)), (S, Some(S)));
    assert_eq!(pace.ended(), None);
}

#[test]
fn an_endpoint_that_only_refuses_is_given_up() {
    // (status, what Retry-After asks for, whether something was answered before, sent how often, within seconds)
    for (status, wait, before, times, seconds) in [
        (429, None, false, 4, 3),
        (503, None, false, 4, 3),
        (502, None, false, 4, 3),
        (429, Some(S), false, 4, 3),
        (429, Some(60 * S), false, 1, 0),
        (429, None, true, 8, 12),
        (429, Some(S), true, 8, 8),
        (504, None, true, 8, 5),
        (503, Some(3600 * S), true, 1, 0),
    ] {
        let (mut pace, mut now) = (pace(), Duration::ZERO);
        if before {
            send(&mut pace, &mut now, &get("/"), &mut || (200, None));
        }
        let mut sent = 0;
        for path in 0..20 {
            sent += send(&mut pace, &mut now, &get(&format!("/{path}")), &mut || (status, wait)).1;
        }
        let what = format!("{status} {wait:?} {before}");
        assert_eq!(sent, times, "{what}");
        assert!(now <= seconds * S, "{what}: {now:?}");
        let ended = pace.ended().expect(&what).to_string();
        let words = if before { "stopped answering" } else { "never answered with success" };
        assert!(ended.contains(words) && ended.contains(&status.to_string()), "{ended}");
    }
}

#[test]
fn one_path_that_stays_unavailable_costs_its_repeats_once() {
    let (mut pace, mut now) = (pace(), Duration::ZERO);
    let mut sent = Vec::new();
    for _ in 0..5 {
        send(&mut pace, &mut now, &get("/"), &mut || (200, None));
        sent.push(send(&mut pace, &mut now, &get("/bad"), &mut || (502, None)).1);
    }
    assert_eq!(sent, [3, 1, 1, 1, 1]);
    assert_eq!(pace.ended(), None);
    // However many requests for it come in a row, and however long it asks to wait: others are answered.
    for (status, wait) in [(502, None), (503, Some(3600 * S))] {
        for _ in 0..20 {
            let turn = pace.turn(now).unwrap();
            now = turn.at;
            if pace.answer((now, now), &get("/worse"), status, wait, 0) == Step::Confirm {
                pace.confirmed(Some(200));
            }
        }
        assert_eq!(pace.ended(), None, "{status}");
    }
    // What a gateway may have passed on is not sent twice.
    let post = Request::new("POST", "http://a.example/".parse().unwrap());
    assert_eq!(send(&mut pace, &mut now, &post, &mut || (504, None)), (Step::GiveUp, 1));
}

#[test]
fn an_endpoint_is_gone_when_it_was_asked_and_did_not_answer() {
    let mut pace = pace();
    for _ in 0..50 {
        assert!(!pace.failure(Stage::Connect, "refused"), "nothing was ever answered");
    }
    let mut request = get("/last");
    request.fields.push("Origin", "https://a.example");
    pace.answer((S, S), &request, 204, None, 0);
    let asks: Vec<u32> = (1..=20).filter(|_| pace.failure(Stage::Connect, "refused")).collect();
    assert_eq!(asks, [10, 20]);
    assert!(!pace.failure(Stage::Parse, "not HTTP"), "this is an answer");
    pace.confirmed(Some(200));
    assert!(!pace.is_doubtful());
    for _ in 0..10 {
        pace.failure(Stage::Head, "reset");
    }
    pace.confirmed(None);
    let ended = pace.ended().unwrap().to_string();
    assert!(ended.contains("10 requests in a row") && ended.contains("(reset)"), "{ended}");
    assert!(ended.contains("GET http://a.example/last from https://a.example"), "{ended}");
    assert_eq!(pace.turn(S), None);
}
