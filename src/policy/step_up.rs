//! A policy that requires a strong or a recent login (RFC 9470).

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::{Policy, PolicyAnswer, PolicyDecision};
use crate::clock::{Clock, SystemClock};
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::error_params::ErrorParams;
use crate::now_or_later::NowOrLater;
use crate::principal::Principal;
use crate::request_head::RequestHead;

/// An identity that knows how and when its user has logged in. Implement it for an identity of the application, to use
/// [`step_up`] with it.
pub trait HasLogin {
    /// Returns the authentication context class of the login: the claim `acr`. For example, `phr` stands for a login that
    /// resists phishing.
    fn acr(&self) -> Option<&str>;

    /// Returns the time of the login: the claim `auth_time`. It is not the time at which the token was issued: a new token
    /// from a refresh token has the time of the old login.
    fn auth_time(&self) -> Option<SystemTime>;
}

impl HasLogin for Principal {
    fn acr(&self) -> Option<&str> {
        self.acr()
    }

    fn auth_time(&self) -> Option<SystemTime> {
        self.auth_time()
    }
}

/// Starts a builder for a policy that requires a strong login, a recent login, or both (RFC 9470).
///
/// A caller whose login does not suffice gets `401` with `error="insufficient_user_authentication"`, and the challenge
/// names what the login needs. The client then sends its user to the authorization server, and comes back with another
/// token. Only a client that has sent a token gets this challenge.
///
/// - **A login without `acr` or `auth_time` does not suffice**, if the policy asks for them.
/// - **The scopes** that the request needs are in the same challenge, so that the client asks once for both. They are those
///   of all policies of the layer ([`Policy::required_scopes`](super::Policy)).
/// - **The order**: put this policy before a policy for scopes, as in `step_up.and(scopes("pay")?)`. A client that lacks
///   both then gets `401` before `403`.
/// - **Loops**: an authorization server may be unable to reach the level, and issue a token all the same. The policy then
///   refuses the next request with `401`, too, and a client without a limit of its own would go on for ever. Forbid the
///   request to callers for whom the policy can never be met. The example does that for programs, which have no login.
///
/// # Example
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use tower_challenge::policy::{Policy, PolicyDecision, PolicyExt, role, step_up};
/// use tower_challenge::{Principal, RequestHead};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let recent = step_up().acr_values("phr mfa").max_age(Duration::from_secs(300)).build()?;
/// let policy = role("program")?.not().and(recent);
/// let decide = |caller: &Principal| {
///     let request = http::Request::new(());
///     policy.decide(caller, &RequestHead::of(&request)).try_now().unwrap()
/// };
///
/// let now = SystemTime::now();
/// let ada = |acr| Principal::new("ada").with_acr(acr).with_auth_time(now - Duration::from_secs(60));
/// assert!(matches!(decide(&ada("mfa")), Ok(PolicyDecision::Allow)));
/// assert!(matches!(decide(&ada("pwd")), Ok(PolicyDecision::StepUp(_))));
/// let long_ago = ada("mfa").with_auth_time(now - Duration::from_secs(3600));
/// assert!(matches!(decide(&long_ago), Ok(PolicyDecision::StepUp(_))));
/// assert!(matches!(decide(&Principal::new("cron").with_role("program")), Ok(PolicyDecision::Forbid)));
///
/// assert!(step_up().build().is_err(), "it would allow every login");
/// # Ok(())
/// # }
/// ```
pub fn step_up() -> StepUpBuilder {
    StepUpBuilder {
        acr_values: None,
        max_age: None,
        leeway: DEFAULT_LEEWAY,
        clock: Arc::new(SystemClock::new()),
    }
}

const DEFAULT_LEEWAY: Duration = Duration::from_secs(30);
const MOST_LEEWAY: Duration = Duration::from_secs(60);

/// The builder that [`step_up`] starts.
#[derive(Clone, Debug)]
#[must_use]
pub struct StepUpBuilder {
    acr_values: Option<String>,
    max_age: Option<Duration>,
    leeway: Duration,
    clock: Arc<dyn Clock>,
}

impl StepUpBuilder {
    /// Requires one of these authentication context classes (`acr`), separated by one space. The challenge names them in
    /// this order, so the preferred class comes first.
    ///
    /// Classes are compared exactly. A stronger class is not accepted in place of a weaker one unless it is in the list.
    pub fn acr_values(mut self, classes: &str) -> Self {
        self.acr_values = Some(classes.to_owned());
        self
    }

    /// Requires a login (`auth_time`) that is at most `age` old, in whole seconds.
    pub const fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// Sets by how much the clocks of the authorization server and of this server may differ: up to 60 seconds, 30 by
    /// default. A login may be older by so much, and may be so far in the future.
    pub const fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// Reads the time from `clock`.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Builds the policy.
    ///
    /// # Errors
    ///
    /// Fails if neither a class nor an age is required, if a class is empty or cannot be in a challenge, if the age is longer
    /// than 2^32 - 1 seconds or has a fraction of a second, or if the leeway is longer than 60 seconds.
    pub fn build(self) -> Result<RequireLogin, ConfigError> {
        if self.acr_values.is_none() && self.max_age.is_none() {
            return Err(ConfigError::new(
                "nothing is required of the login: call acr_values or max_age",
            ));
        }
        if self.leeway > MOST_LEEWAY {
            return Err(ConfigError::new(
                "the leeway of a login is longer than 60 seconds",
            ));
        }
        let seconds = self.max_age.map(whole_seconds).transpose()?;
        let classes = self.acr_values.as_deref();
        Ok(RequireLogin {
            lack: ErrorParams::insufficient_user_authentication(classes, seconds)?,
            classes: classes.map(|classes| classes.split(' ').map(Into::into).collect()),
            max_age: self.max_age,
            leeway: self.leeway,
            clock: self.clock,
        })
    }
}

fn whole_seconds(age: Duration) -> Result<u32, ConfigError> {
    let seconds = u32::try_from(age.as_secs()).ok();
    let seconds = seconds.filter(|_| age.subsec_nanos() == 0);
    seconds.ok_or_else(|| {
        ConfigError::new(
            "the age of a login is no number of whole seconds that a challenge can carry",
        )
    })
}

/// The policy that [`step_up`] builds.
#[derive(Clone)]
pub struct RequireLogin {
    lack: ErrorParams,
    classes: Option<Vec<Box<str>>>,
    max_age: Option<Duration>,
    leeway: Duration,
    clock: Arc<dyn Clock>,
}

impl RequireLogin {
    fn is_strong(&self, acr: Option<&str>) -> bool {
        let Some(classes) = &self.classes else {
            return true;
        };
        acr.is_some_and(|acr| classes.iter().any(|class| **class == *acr))
    }

    /// Whether the login is recent. A login in the future is not: its age is not known.
    fn is_recent(&self, auth_time: Option<SystemTime>) -> bool {
        let Some(max_age) = self.max_age else {
            return true;
        };
        let age = |time| match self.clock.wall().duration_since(time) {
            Ok(age) => age <= max_age.saturating_add(self.leeway),
            Err(ahead) => ahead.duration() <= self.leeway,
        };
        auth_time.is_some_and(age)
    }
}

impl<I: HasLogin> Policy<I> for RequireLogin {
    fn decide(&self, caller: &I, _: &RequestHead<'_>) -> PolicyAnswer {
        let suffices = self.is_strong(caller.acr()) && self.is_recent(caller.auth_time());
        NowOrLater::now(Ok(match suffices {
            true => PolicyDecision::Allow,
            false => PolicyDecision::StepUp(self.lack.clone()),
        }))
    }
}

shows! { impl[] RequireLogin[] as self { lack: self.lack, leeway: self.leeway } }
