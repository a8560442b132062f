//! One row of the table: requests, and the code that answers them.

use std::convert::Infallible;
use std::hint::black_box;
use std::rc::Rc;

use http::{Request, Response, StatusCode};
use tower::Service;

use super::inner::{BenchRequest, Body, Inner, now};

/// The requests of a case, and the status that each must be answered with.
#[derive(Clone)]
pub(crate) struct Traffic {
    counted: Rc<dyn Fn(usize) -> Vec<BenchRequest>>,
    /// A request with the contrary outcome: refused where the others are accepted, or accepted where they are refused.
    contrary: Option<Rc<dyn Fn() -> BenchRequest>>,
    expected: StatusCode,
}

impl Traffic {
    /// Requests that `counted` makes, as many as it is told.
    pub(crate) fn new(
        expected: StatusCode,
        counted: impl Fn(usize) -> Vec<BenchRequest> + 'static,
    ) -> Self {
        Self {
            counted: Rc::new(counted),
            contrary: None,
            expected,
        }
    }

    /// The same request again and again.
    pub(crate) fn each(expected: StatusCode, make: impl Fn() -> BenchRequest + 'static) -> Self {
        Self::new(expected, move |len| (0..len).map(|_| make()).collect())
    }

    /// Adds the request with the contrary outcome, which is sent once, before anything is counted.
    pub(crate) fn but(mut self, contrary: impl Fn() -> BenchRequest + 'static) -> Self {
        self.contrary = Some(Rc::new(contrary));
        self
    }

    /// The same requests without the contrary one, for a contender that does not judge.
    pub(crate) fn unjudged(&self) -> Self {
        Self {
            contrary: None,
            ..self.clone()
        }
    }

    /// The same requests with a change to each.
    pub(crate) fn map(self, change: fn(BenchRequest) -> BenchRequest) -> Self {
        let counted = self.counted;
        let changed = Self::new(self.expected, move |len| {
            counted(len).into_iter().map(change).collect()
        });
        match self.contrary {
            Some(contrary) => changed.but(move || change(contrary())),
            None => changed,
        }
    }
}

/// Which side of the subtraction runs.
///
/// A row is the whole side less the bare side, so what both do costs nothing: a loop that copies a request (which counts
/// references to the buffer with its fields, as a server's parser does), compares the status of the response, and drops
/// both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// The contender answers.
    Whole,
    /// Nothing authenticates. Where the contender accepts, the inner service answers, since it does so behind the contender
    /// too. Where the contender refuses, the request is dropped and nothing answers: the inner service is not called
    /// there, and the response is the work of the contender.
    Bare,
}

impl Side {
    pub(crate) const BOTH: [Self; 2] = [Self::Whole, Self::Bare];
}

/// A row of the table.
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    runner: Box<dyn Run>,
}

/// The contender that is this crate.
pub(crate) const OURS: &str = "tower-challenge";
/// The contender that the ratios of times refer to.
pub(crate) const FLOOR: &str = "contract floor";
/// The contender that does the hashes of an accepted request and nothing else.
pub(crate) const HASHES: &str = "its hashes alone";

impl Contender {
    /// Answers `traffic` with `answer`.
    pub(crate) fn new<R: 'static>(
        name: &'static str,
        traffic: &Traffic,
        answer: impl FnMut(BenchRequest) -> Response<R> + 'static,
    ) -> Self {
        Self::converted(name, traffic, |body| body, answer)
    }

    /// Answers `traffic` with `service`.
    pub(crate) fn service<S, R>(name: &'static str, traffic: &Traffic, mut service: S) -> Self
    where
        S: Service<BenchRequest, Response = Response<R>, Error = Infallible> + 'static,
        R: 'static,
    {
        Self::new(name, traffic, move |request| now(&mut service, request))
    }

    /// Answers `traffic` with another type of body, on both sides.
    pub(crate) fn converted<B: Default + 'static, R: 'static>(
        name: &'static str,
        traffic: &Traffic,
        convert: fn(Body) -> B,
        mut answer: impl FnMut(Request<B>) -> Response<R> + 'static,
    ) -> Self {
        let runner = Runner {
            traffic: traffic.clone(),
            convert,
            answer: move |request| answer(request).status(),
            loaded: Vec::new(),
            next: 0,
        };
        Self {
            name,
            runner: Box::new(runner),
        }
    }

    /// Makes the requests of the next runs, which is not measured.
    pub(crate) fn load(&mut self, len: usize) {
        self.runner.load(len);
    }

    /// Answers `len` of the requests that were loaded, and returns how many responses had another status than the case
    /// expects. This function, and nothing else, is what is measured.
    #[inline(never)]
    #[must_use]
    pub(crate) fn measured(&mut self, side: Side, len: usize) -> usize {
        black_box(self.runner.run(side, len))
    }

    /// Runs [`measured`](Self::measured) and looks at the result.
    ///
    /// # Panics
    ///
    /// A response has another status than the case expects.
    pub(crate) fn answer(&mut self, side: Side, len: usize) {
        let wrong = self.measured(side, len);
        assert_eq!(wrong, 0, "{}: a response of another status", self.name);
    }

    /// Checks that the contender tells right from wrong.
    ///
    /// # Panics
    ///
    /// The contender takes wrong for right, or right for wrong.
    pub(crate) fn check(&mut self) {
        self.load(3);
        self.answer(Side::Whole, 3);
        assert!(self.runner.tells_apart(), "{}: does not judge", self.name);
    }
}

trait Run {
    fn load(&mut self, len: usize);
    /// Answers `len` requests, and returns how many responses had another status than expected.
    fn run(&mut self, side: Side, len: usize) -> usize;
    /// Whether the request with the contrary outcome has it.
    fn tells_apart(&mut self) -> bool;
}

struct Runner<B, A> {
    traffic: Traffic,
    convert: fn(Body) -> B,
    answer: A,
    loaded: Vec<BenchRequest>,
    /// The place of the next request among those that are loaded.
    next: usize,
}

impl<B, A> Run for Runner<B, A>
where
    B: Default + 'static,
    A: FnMut(Request<B>) -> StatusCode,
{
    fn load(&mut self, len: usize) {
        self.loaded = (self.traffic.counted)(len);
        self.next = 0;
        // The first copy of a buffer makes it one that is shared.
        self.loaded.iter().for_each(|request| drop(request.clone()));
    }

    fn run(&mut self, side: Side, len: usize) -> usize {
        let (expected, convert) = (self.traffic.expected, self.convert);
        let requests = &self.loaded[self.next..self.next + len];
        self.next += len;
        let requests = requests.iter().map(|request| request.clone().map(convert));
        match side {
            Side::Whole => drive(requests, expected, &mut self.answer),
            Side::Bare if expected.is_success() => drive(requests, expected, |request| {
                now(&mut Inner, request).status()
            }),
            Side::Bare => drive(requests, expected, |request| {
                drop(request);
                expected
            }),
        }
    }

    fn tells_apart(&mut self) -> bool {
        let is_expected = self.traffic.expected.is_success();
        self.traffic.contrary.as_ref().is_none_or(|make| {
            let status = (self.answer)(make().map(self.convert));
            status.is_success() != is_expected
        })
    }
}

/// The loop that both sides have in common.
fn drive<B>(
    requests: impl Iterator<Item = Request<B>>,
    expected: StatusCode,
    mut answer: impl FnMut(Request<B>) -> StatusCode,
) -> usize {
    let mut wrong = 0;
    for request in requests {
        wrong += usize::from(black_box(answer(black_box(request))) != expected);
    }
    wrong
}
