//! The token that all clients of the process share, and who asks for the next one.

use std::{
    sync::{Mutex, MutexGuard, PoisonError, TryLockError},
    time::Duration,
};

use tokio::time::Instant;

use crate::{clock::Clock, config::OAuth};

/// So long the answer of an endpoint that gave no token is repeated in place of asking it again.
const FAILURE_KEPT: Duration = Duration::from_secs(5);

/// A token with less to live than this is over, milliseconds: a client refuses one that ends on the way to it.
const LEFT_MIN: i64 = 1_000;

/// The token of the process: of the last settings that asked for one.
pub(super) static SHARED: Tokens = Tokens::new();

pub(super) struct Tokens {
    last: Mutex<Option<(OAuth, Last)>>,
    /// Held while the endpoint is asked.
    asking: Mutex<()>,
}

#[derive(Clone)]
pub(super) struct Token {
    pub text: String,
    pub life: Duration,
    /// Milliseconds since 1970.
    pub ends: i64,
}

/// Why there is no token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoToken {
    /// No answer, or one that says to come back.
    #[error(
        "the token endpoint {url} {why}; tokens for kafka come from `kafka.security.oauth.token_endpoint`"
    )]
    Unavailable {
        /// Its address.
        url: String,
        /// What was the matter.
        why: String,
    },
    /// It will not give one; an operator has to act.
    #[error("the token endpoint {url} gives no token: {why}; {remedy}")]
    Refused {
        /// Its address.
        url: String,
        /// What it said.
        why: String,
        /// What to do.
        remedy: &'static str,
    },
}

impl NoToken {
    /// Whether waiting does not help.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused { .. })
    }
}

/// What the endpoint gave, and whether it failed since.
#[derive(Clone, Default)]
struct Last {
    token: Option<Token>,
    failed: Option<(Instant, NoToken)>,
}

impl Tokens {
    const fn new() -> Self {
        Self { last: Mutex::new(None), asking: Mutex::new(()) }
    }

    /// A token for `oauth`, by `ask` if the last one has lived for half of its life. While that takes time or
    /// fails, the last one is given as long as it lives.
    ///
    /// # Errors
    /// Those of `ask`, of which one is repeated for some seconds.
    pub(super) fn token(
        &self,
        oauth: &OAuth,
        ask: impl FnOnce(&OAuth) -> Result<Token, NoToken>,
    ) -> Result<Token, NoToken> {
        let last = self.last(oauth);
        if let Some(settled) = last.settled() {
            return settled;
        }
        // Clients ask in the threads that serve their events: one is enough to wait for the endpoint.
        let _turn = match (self.asking.try_lock(), last.alive()) {
            (Ok(turn), _) => turn,
            (Err(TryLockError::Poisoned(turn)), _) => turn.into_inner(),
            (Err(TryLockError::WouldBlock), Some(token)) => return Ok(token),
            (Err(TryLockError::WouldBlock), None) => held(&self.asking),
        };
        // Another may have asked meanwhile.
        if let Some(settled) = self.last(oauth).settled() {
            return settled;
        }
        let outcome = ask(oauth);
        self.keep(oauth, outcome)
    }

    fn last(&self, oauth: &OAuth) -> Last {
        let last = held(&self.last);
        last.as_ref().filter(|(of, _)| of == oauth).map(|(_, last)| last.clone()).unwrap_or_default()
    }

    fn keep(&self, oauth: &OAuth, outcome: Result<Token, NoToken>) -> Result<Token, NoToken> {
        let (last, given) = match outcome {
            Ok(token) => {
                tracing::debug!(life = token.life.as_secs(), "a token for kafka");
                (Last { token: Some(token.clone()), failed: None }, Ok(token))
            }
            Err(error) => {
                let token = self.last(oauth).alive();
                match token {
                    Some(_) => tracing::warn!(%error, "no new token for kafka; the last one still holds"),
                    None => tracing::warn!(%error, "no token for kafka"),
                }
                let given = token.clone().ok_or_else(|| error.clone());
                (Last { token, failed: Some((Instant::now(), error)) }, given)
            }
        };
        *held(&self.last) = Some((oauth.clone(), last));
        given
    }
}

impl Last {
    /// What is said without asking the endpoint.
    fn settled(&self) -> Option<Result<Token, NoToken>> {
        if let Some(token) = self.token.as_ref().filter(|token| token.is_fresh()) {
            return Some(Ok(token.clone()));
        }
        let (_, error) = self.failed.as_ref().filter(|(at, _)| at.elapsed() < FAILURE_KEPT)?;
        match (self.alive(), &self.token) {
            (Some(token), _) => Some(Ok(token)),
            (None, None) => Some(Err(error.clone())),
            // It has ended since.
            (None, Some(_)) => None,
        }
    }

    fn alive(&self) -> Option<Token> {
        self.token.clone().filter(|token| token.left() > LEFT_MIN)
    }
}

impl Token {
    /// Milliseconds.
    fn left(&self) -> i64 {
        self.ends.saturating_sub(Clock::system().now().timestamp_millis())
    }

    fn is_fresh(&self) -> bool {
        u64::try_from(self.left()).is_ok_and(|left| Duration::from_millis(left) > self.life / 2)
    }
}

fn held<T>(slot: &Mutex<T>) -> MutexGuard<'_, T> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, thread};

    use super::*;
    use crate::config::Secret;

    fn oauth() -> OAuth {
        OAuth {
            token_endpoint: "https://login.example/token".parse().expect("an address"),
            client_id: "desk".into(),
            client_secret: Secret("canary".into()),
            scope: None,
            audience: None,
            ca: None,
        }
    }

    /// One of a life of 100 s, of which so many are left.
    fn token(text: &str, left: i64) -> Token {
        let ends = Clock::system().now().timestamp_millis() + left * 1_000;
        Token { text: text.into(), life: Duration::from_secs(100), ends }
    }

    fn failures() -> [NoToken; 2] {
        let (url, why) = (String::new(), String::new());
        [
            NoToken::Unavailable { url: url.clone(), why: why.clone() },
            NoToken::Refused { url, why, remedy: "" },
        ]
    }

    fn asked(tokens: &Tokens, answer: Result<Token, NoToken>) -> Result<String, NoToken> {
        tokens.token(&oauth(), |_| answer).map(|token| token.text)
    }

    #[test]
    fn a_token_is_given_while_it_lives_whatever_the_endpoint_says() {
        for failure in failures() {
            let tokens = Tokens::new();
            assert_eq!(asked(&tokens, Ok(token("old", 40))), Ok("old".into()));
            for _ in 0..2 {
                assert_eq!(asked(&tokens, Err(failure.clone())), Ok("old".into()));
            }
            assert_eq!(asked(&tokens, Ok(token("new", 90))), Ok("old".into()), "not asked again at once");
            let other = OAuth { client_id: "other".into(), ..oauth() };
            assert!(tokens.token(&other, |_| Err(failure.clone())).is_err(), "the token of another");

            let tokens = Tokens::new();
            assert_eq!(asked(&tokens, Ok(token("over", 0))), Ok("over".into()));
            assert_eq!(asked(&tokens, Err(failure.clone())), Err(failure.clone()));
            assert_eq!(asked(&tokens, Ok(token("new", 90))), Err(failure), "said again for a while");
        }
        // Its end comes soon after a failure.
        let ended =
            Last { token: Some(token("over", 0)), failed: Some((Instant::now(), failures()[0].clone())) };
        let tokens = Tokens { last: Mutex::new(Some((oauth(), ended))), asking: Mutex::new(()) };
        assert_eq!(asked(&tokens, Ok(token("new", 90))), Ok("new".into()), "asked at once");
        let tokens = Tokens::new();
        assert_eq!(asked(&tokens, Ok(token("old", 40))), Ok("old".into()));
        assert_eq!(asked(&tokens, Ok(token("new", 90))), Ok("new".into()), "half of its life is over");
        assert_eq!(asked(&tokens, Ok(token("newer", 90))), Ok("new".into()));
    }

    #[test]
    fn one_waits_for_the_endpoint_and_others_go_on_with_the_last_token() {
        let tokens = Tokens::new();
        assert_eq!(asked(&tokens, Ok(token("old", 40))), Ok("old".into()));
        let ((asks, asking), (answers, answered)) = (mpsc::channel(), mpsc::channel::<()>());
        thread::scope(|scope| {
            let tokens = &tokens;
            let first = scope.spawn(move || {
                let token = tokens.token(&oauth(), |_| {
                    asks.send(()).expect("somebody waits");
                    // Should the other wait for this one, that shows below.
                    answered.recv_timeout(Duration::from_secs(20)).ok();
                    Ok(token("new", 90))
                });
                token.map(|token| token.text)
            });
            asking.recv().expect("it asks");
            assert_eq!(asked(tokens, Err(failures()[0].clone())), Ok("old".into()));
            assert!(!first.is_finished(), "the endpoint has not answered");
            answers.send(()).expect("it waits");
            assert_eq!(first.join().expect("no panic"), Ok("new".into()));
        });
        assert_eq!(asked(&tokens, Err(failures()[0].clone())), Ok("new".into()));
    }
}
