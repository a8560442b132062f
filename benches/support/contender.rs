//! A contender is a row of the table: requests, and the code that answers them.

use std::convert::Infallible;
use std::hint::black_box;
use std::rc::Rc;

use http::{Request, Response, StatusCode};
use tower::Service;

use super::inner::{BenchRequest, Body, Inner, now};

/// The requests of a case, and the status that each response must have.
#[derive(Clone)]
pub(crate) struct Traffic {
    counted: Rc<dyn Fn(usize) -> Vec<BenchRequest>>,
    /// A request with the contrary outcome: the contender must refuse it if it must accept the others, and the reverse.
    contrary: Option<Rc<dyn Fn() -> BenchRequest>>,
    expected: StatusCode,
}

impl Traffic {
    /// Traffic whose requests `counted` makes. Its argument is the number of requests.
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

    /// Traffic in which all requests are the same.
    pub(crate) fn each(expected: StatusCode, make: impl Fn() -> BenchRequest + 'static) -> Self {
        Self::new(expected, move |len| (0..len).map(|_| make()).collect())
    }

    /// Adds the request with the contrary outcome. [`Contender::check`] sends it once, before the measure begins.
    pub(crate) fn but(mut self, contrary: impl Fn() -> BenchRequest + 'static) -> Self {
        self.contrary = Some(Rc::new(contrary));
        self
    }

    /// The same requests without the contrary one, for a contender that does not verify credentials.
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
/// The figures of a row are those of the whole side minus those of the bare side, so that the work that both sides do
/// does not count. That work is a loop: it copies a request, compares the status of the response, and drops both. The
/// copy counts references to the buffer with the fields of the request, as the parser of a server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// The contender answers.
    Whole,
    /// The same without authentication. If the case accepts, the inner service answers, as it does behind the
    /// contender. If the case refuses, the bare side drops the request and makes no response: the contender does not
    /// call the inner service then, and the response is its own work.
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

/// The name of the contender that is this crate.
pub(crate) const OURS: &str = "tower-challenge";
/// The name of the contender by whose time the times of the others are divided.
pub(crate) const FLOOR: &str = "contract floor";
/// The name of the contender that only computes the hashes of an accepted request.
pub(crate) const HASHES: &str = "its hashes alone";
/// The name of the contender that only checks the signature of an accepted request, with a key that is parsed once.
pub(crate) const CHECK: &str = "its signature check alone";
/// The name of the contender that only computes in the group of a key exchange.
pub(crate) const ARITHMETIC: &str = "its arithmetic alone";

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

    /// Answers `traffic` with another type of body, which both sides use.
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

    /// Makes the requests of the next runs. The measures do not include this.
    pub(crate) fn load(&mut self, len: usize) {
        self.runner.load(len);
    }

    /// Answers `len` of the loaded requests. Returns how many responses had another status than the case expects.
    ///
    /// The bench measures exactly this function.
    #[inline(never)]
    #[must_use]
    pub(crate) fn measured(&mut self, side: Side, len: usize) -> usize {
        black_box(self.runner.run(side, len))
    }

    /// Runs [`measured`](Self::measured) and checks the result.
    ///
    /// # Panics
    ///
    /// Panics if a response has another status than the case expects.
    pub(crate) fn answer(&mut self, side: Side, len: usize) {
        let wrong = self.measured(side, len);
        assert_eq!(
            wrong, 0,
            "{}: a response has an unexpected status",
            self.name
        );
    }

    /// Checks that the contender accepts right credentials and refuses wrong ones.
    ///
    /// # Panics
    ///
    /// Panics if the contender accepts wrong credentials or refuses right ones.
    pub(crate) fn check(&mut self) {
        self.load(3);
        self.answer(Side::Whole, 3);
        assert!(
            self.runner.tells_apart(),
            "{}: the contender does not verify credentials",
            self.name
        );
    }
}

trait Run {
    fn load(&mut self, len: usize);
    /// Answers `len` requests. Returns how many responses had another status than expected.
    fn run(&mut self, side: Side, len: usize) -> usize;
    /// Returns whether the request with the contrary outcome has that outcome.
    fn tells_apart(&mut self) -> bool;
}

struct Runner<B, A> {
    traffic: Traffic,
    convert: fn(Body) -> B,
    answer: A,
    loaded: Vec<BenchRequest>,
    /// The index of the next request in `loaded`.
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
        // The first copy of a buffer allocates its reference count. Do that here, where it is not measured.
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

/// The loop that both sides run.
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
