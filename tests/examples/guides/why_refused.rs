//! The program of the guide `why_refused`.

use std::sync::mpsc;

use axum::{Router, routing::get};
use tower_challenge::audit::AuditEvent;
use tower_challenge::password::OneAccount;
use tower_challenge::scheme::Basic;
use tower_challenge::{ConfigError, RequireAuth};

pub(super) fn app() -> Result<Router, ConfigError> {
    // As on the page:
    let (sender, codes) = mpsc::channel();
    let audit = move |event: &AuditEvent<'_>| {
        let _ = sender.send(event.code);
    };
    let basic = Basic::new("notes", OneAccount::new("Aladdin", "open sesame")?)?;
    let app = Router::new()
        .route("/notes", get(async || "notes"))
        .layer(RequireAuth::new(basic)?.audit(audit));
    // End.
    drop(codes);
    Ok(app)
}
