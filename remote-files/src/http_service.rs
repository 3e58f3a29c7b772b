//! The HTTP client of all stores: one that waits as long as a busy host asks it to.

use std::{pin::Pin, time::Duration};

use http::{StatusCode, header::RETRY_AFTER};
use object_store::{
    ClientOptions,
    client::{HttpClient, HttpConnector, HttpError, HttpRequest, HttpResponse, HttpService, ReqwestConnector},
};
use tokio::time::sleep;

/// Makes clients. What is asked again, the store decides; it does not look at `Retry-After`.
#[derive(Debug)]
pub(crate) struct Connector {
    /// The longest that is waited because a host asks for it.
    pub(crate) most_wait: Duration,
}

#[derive(Debug)]
struct Patient {
    client: HttpClient,
    most_wait: Duration,
}

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let client = ReqwestConnector::default().connect(options)?;
        Ok(HttpClient::new(Patient { client, most_wait: self.most_wait }))
    }
}

type Answering<'a> = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'a>>;

impl HttpService for Patient {
    fn call<'life0, 'async_trait>(&'life0 self, request: HttpRequest) -> Answering<'async_trait>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        Box::pin(async move {
            let response = self.client.execute(request).await?;
            if let Some(wait) = asked_wait(&response) {
                sleep(wait.min(self.most_wait)).await;
            }
            Ok(response)
        })
    }
}

/// How long a host that is busy asks to be left alone. A date instead of seconds is as if absent.
fn asked_wait(response: &HttpResponse) -> Option<Duration> {
    if !matches!(response.status(), StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
        return None;
    }
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}
