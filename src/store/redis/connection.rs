//! A connection that the application brings, of any type of the crate `redis`.

use std::future::Future;
use std::pin::Pin;

use redis::aio::ConnectionLike;
use redis::{Cmd, RedisResult, Value};

type BoxedFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A connection that several callers use at the same time.
pub(super) trait SharedConnection: Send + Sync {
    fn send(&self, command: Cmd) -> BoxedFuture<RedisResult<Value>>;
}

impl<C> SharedConnection for C
where
    C: ConnectionLike + Clone + Send + Sync + 'static,
{
    fn send(&self, command: Cmd) -> BoxedFuture<RedisResult<Value>> {
        let mut connection = self.clone();
        Box::pin(async move { command.query_async(&mut connection).await })
    }
}

/// Makes a connection.
pub(super) struct Connector(Box<MakeConnection>);

type MakeConnection = dyn Fn() -> BoxedFuture<RedisResult<Box<dyn SharedConnection>>> + Send + Sync;

impl Connector {
    pub(super) fn new<C, F>(connect: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        C: ConnectionLike + Clone + Send + Sync + 'static,
        F: Future<Output = RedisResult<C>> + Send + 'static,
    {
        Self(Box::new(move || {
            let connecting = connect();
            Box::pin(async move {
                let connection = connecting.await?;
                Ok(Box::new(connection) as Box<dyn SharedConnection>)
            })
        }))
    }

    pub(super) async fn connect(&self) -> RedisResult<Box<dyn SharedConnection>> {
        (self.0)().await
    }
}
