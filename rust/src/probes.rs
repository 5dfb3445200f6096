//! What watches a process: /metrics, /healthz and /readyz, on a port of their own that is never public.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::sync::Arc;
use tokio::net::TcpListener;

use crate::metrics::Metrics;

const JSON: &str = "application/json";
const METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Whether a part can do its job now.
pub type Ready = Arc<dyn Fn() -> bool + Send + Sync>;

/// Answers as long as the process lives.
pub async fn serve(listener: TcpListener, metrics: Arc<Metrics>, ready: Ready) -> std::io::Result<()> {
    let app = Router::new()
        .route("/healthz", get(async || told(StatusCode::OK, "ok")))
        .route("/readyz", get(readyz))
        .with_state(ready)
        .route("/metrics", get(exposed))
        .with_state(metrics);
    axum::serve(listener, app).await
}

async fn readyz(State(ready): State<Ready>) -> Response {
    if ready() { told(StatusCode::OK, "ready") } else { told(StatusCode::SERVICE_UNAVAILABLE, "not ready") }
}

async fn exposed(State(metrics): State<Arc<Metrics>>) -> Response {
    match metrics.text() {
        Ok(text) => ([(header::CONTENT_TYPE, METRICS)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn told(status: StatusCode, word: &str) -> Response {
    (status, [(header::CONTENT_TYPE, JSON)], format!("{{\"status\":\"{word}\"}}")).into_response()
}
