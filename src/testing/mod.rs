//! Tests that every route of an application refuses the requests that it should refuse.
//!
//! An [`AccessSurvey`] has a list of routes and of the access that each should allow. It sends requests to the whole
//! application: to each route without credentials, with a malformed credentials field, with wrong credentials and with
//! right ones. It also tries other methods, other spellings of the path, paths below a prefix, other queries,
//! preflights, paths that are often forgotten, and fields in which a client claims privileges.
//!
//! The result is a [`SurveyReport`]. An application is *closed* if the report has no findings, which a test can assert.
//! You can also file the report, as Markdown for people or as JSON for programs. It holds no time and no random value,
//! so the same application gives the same report, byte for byte.
//!
//! # Findings
//!
//! Among others, a survey finds these mistakes:
//!
//! - a listed route that was added after the layer, or merged from a router without one;
//! - a `401` without a challenge, or another status in its place;
//! - a `HEAD`, an `OPTIONS` or an unknown method that reaches a handler;
//! - a route whose handler answers a preflight itself;
//! - a path below a guarded prefix that is answered without the layer;
//! - a route that one of the survey's fields or queries opens;
//! - a password that is not compared;
//! - a route on the list that does not exist.
//!
//! # Limits
//!
//! A survey finds only what its requests reach.
//!
//! - It does not know a route that is not on the list and whose path is not often forgotten. Pass the application's own
//!   list to [`AccessSurvey::all_routes`]; the report then names the routes that are not on yours.
//! - It finds a field or a query that opens a route only if it sends that field or query. Add your own with
//!   [`AccessSurvey::with_field`] and [`AccessSurvey::with_query`].
//!
//! [`SurveyReport::unproved`] states these limits in every report.
//!
//! # Example
//!
//! ```
//! # #[cfg(all(feature = "axum", feature = "basic"))] {
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use axum::{Router, body::Body, routing::get};
//! use tower_challenge::password::OneAccount;
//! use tower_challenge::scheme::Basic;
//! use tower_challenge::testing::{TestLogin, AccessSurvey};
//! use tower_challenge::{ConfigError, RequireAuth};
//!
//! fn app() -> Result<Router, ConfigError> {
//!     let auth = RequireAuth::new(Basic::new("files", OneAccount::new("ada", "lovelace")?)?)?;
//!     let guarded = Router::new().route("/notes", get(|| async { "notes" })).layer(auth);
//!     Ok(guarded.route("/health", get(|| async { "fine" })))
//! }
//!
//! let survey = AccessSurvey::new(TestLogin::basic("ada", "lovelace"))
//!     .guarded("GET", "/notes")
//!     .public("GET", "/health");
//! survey.run::<Body, _, _>(&app()?).await?.assert_closed();
//!
//! // A later change adds a route after the layer, so the layer does not guard it.
//! let app = app()?.route("/admin", get(|| async { "everything" }));
//! let report = survey.guarded("GET", "/admin").run::<Body, _, _>(&app).await?;
//! assert!(!report.is_closed());
//! assert_eq!(
//!     report.findings()[0].to_string(),
//!     "GET /admin, without credentials: 200: the route is open"
//! );
//! println!("{report}");
//! # Ok(()) }
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap(); }
//! ```

mod access_survey;
mod app_answer;
#[cfg(feature = "digest")]
mod digest;
mod expected;
#[cfg(feature = "hoba")]
mod hoba;
#[cfg(any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto"))]
mod issuer;
mod json;
mod listed;
mod login;
mod markdown;
#[cfg(feature = "mutual")]
mod mutual;
mod probe;
mod report;
mod request_sender;
#[cfg(feature = "scram")]
mod scram;
mod survey_run;

pub use self::access_survey::AccessSurvey;
pub use self::app_answer::AppAnswer;
pub use self::expected::{CredentialsSent, ExpectedAccess};
#[cfg(any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto"))]
pub use self::issuer::{
    DpopKey, DpopProof, TestIntrospection, TestIssuer, TestIssuerService, TestToken,
};
pub use self::login::{ReceivedChallenges, TestLogin};
pub use self::report::{ProbeReport, RouteReport, SurveyFinding, SurveyReport};
