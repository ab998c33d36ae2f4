//! What is done about each way in which Kafka can refuse a record or a commit.
//!
//! | Kafka says | what is done |
//! |---|---|
//! | the record is too large | its topic's limit is lowered, the record is cut to it (`removed`, then `blocks`, then text) and sent again |
//! | a record is refused (policy, validation) | once more, each record alone; if it is refused then, the article goes to the dead letters instead |
//! | a time more than an hour ahead of the broker's (`message.timestamp.after.max.ms`) | tried again without it, with growing pauses, until the clock is right |
//! | not enough replicas, leader moved, coordinator busy, timeouts, no broker, throttled | tried again with growing pauses (100 ms to 10 s) until it works; polling waits, readiness says why |
//! | topic or cluster authorisation, unknown topic, disk full, read-only | the same: an operator can fix it while the daemon waits, and nothing is lost |
//! | fenced, invalid epoch, unknown producer, out of order, any fatal error | the producer is dropped, and the state of the shards that the transaction was about; they are taken anew if they are still ours, and restored from the ledger |
//! | nothing, but the shard's records lie further on than expected | purge nothing, abort; what lies before them is looked at: if somebody else wrote it, the shard is dropped and taken anew if it is still ours, else the same again |
//! | an abortable error within a transaction | purge, drain, abort, then the same batch again; the client purges the records of a transaction that has failed, so the reason given is the one of the transaction |
//! | no broker while a transaction is to be aborted | waited for up to 30 s, then the producer is dropped as above: the next one, or the coordinator, does the abort |
//! | the transactional id is not authorised | tried again and again until an operator has fixed it |
//! | a record that is neither article nor ledger is refused (dead letter, archive, tombstone) | left out with an error in the log: there is nowhere else to put it |
//!
//! What the client itself retries within its `message.timeout.ms` (10 s) is not seen here. No other
//! error passes in silence: each is counted by its reason. `tests/it/produce_errors.rs` provokes
//! the codes one by one.

use rdkafka::{error::KafkaError, types::RDKafkaErrorCode as Code};

/// What is done about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Try the same again, later.
    Retry,
    /// Cut the record to a smaller size, then try again.
    Cut,
    /// Send the article to the dead letters instead.
    DeadLetter,
    /// The producer is of no more use: drop the shard, and take it again.
    Reacquire,
}

/// The code inside an error, if it has one.
pub fn code(error: &KafkaError) -> Option<Code> {
    match error {
        KafkaError::Transaction(error) => Some(error.code()),
        error => error.rdkafka_error_code(),
    }
}

/// The remedy for an error.
pub fn remedy(error: &KafkaError) -> Remedy {
    if let KafkaError::Transaction(error) = error
        && error.is_fatal()
    {
        return Remedy::Reacquire;
    }
    match code(error) {
        Some(Code::MessageSizeTooLarge | Code::InvalidMessageSize) => Remedy::Cut,
        Some(Code::PolicyViolation | Code::InvalidRecord) => Remedy::DeadLetter,
        Some(
            Code::Fenced
            | Code::Fatal
            | Code::ProducerFenced
            | Code::InvalidProducerEpoch
            | Code::InvalidProducerIdMapping
            | Code::UnknownProducerId
            | Code::OutOfOrderSequenceNumber
            | Code::TransactionCoordinatorFenced
            | Code::State,
        ) => Remedy::Reacquire,
        _ => Remedy::Retry,
    }
}

/// Whether the client purged the record because of another failure.
pub fn is_purged(error: &KafkaError) -> bool {
    matches!(code(error), Some(Code::PurgeQueue | Code::PurgeInflight))
}

/// The code named in a message of the client, as far as it is one that fails transactions.
pub fn named(message: &str) -> Option<Code> {
    const NAMES: [(&str, Code); 12] = [
        ("TOPIC_AUTHORIZATION_FAILED", Code::TopicAuthorizationFailed),
        ("TRANSACTIONAL_ID_AUTHORIZATION_FAILED", Code::TransactionalIdAuthorizationFailed),
        ("CLUSTER_AUTHORIZATION_FAILED", Code::ClusterAuthorizationFailed),
        ("UNKNOWN_TOPIC_OR_PART", Code::UnknownTopicOrPartition),
        ("NOT_ENOUGH_REPLICAS", Code::NotEnoughReplicas),
        ("MSG_SIZE_TOO_LARGE", Code::MessageSizeTooLarge),
        ("KAFKA_STORAGE_ERROR", Code::KafkaStorageError),
        ("_TIMED_OUT", Code::OperationTimedOut),
        ("_MSG_TIMED_OUT", Code::MessageTimedOut),
        ("_TRANSPORT", Code::BrokerTransportFailure),
        ("INVALID_TIMESTAMP", Code::InvalidTimestamp),
        ("_FENCED", Code::Fenced),
    ];
    // `Current transaction failed in state BeginCommit: .. (TOPIC_AUTHORIZATION_FAILED, requires epoch bump)`.
    let (_, parenthesis) = message.rsplit_once('(')?;
    let name = parenthesis.split([',', ')']).next()?;
    NAMES.iter().find(|(known, _)| *known == name).map(|(_, code)| *code)
}

/// What an operator has to grant, if that is what is missing: `group` names the permission on a
/// group, `topic` is what is read.
pub fn missing_permission(error: &KafkaError, group: &str, topic: &str) -> Option<String> {
    let grant = match code(error)? {
        Code::GroupAuthorizationFailed => group.to_owned(),
        Code::TopicAuthorizationFailed => format!("Read on the topic {topic}"),
        _ => return None,
    };
    Some(format!("not permitted: grant the user of `kafka.security` {grant}"))
}

/// Whether an error came from Kafka or its client.
pub fn is_kafka(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| cause.is::<KafkaError>())
}

/// A bounded label for metrics and logs.
pub fn reason(error: &KafkaError) -> &'static str {
    match code(error) {
        None => "client",
        Some(Code::InvalidTimestamp) => "clock_ahead",
        Some(Code::MessageSizeTooLarge | Code::InvalidMessageSize) => "record_too_large",
        Some(Code::MessageTimedOut | Code::RequestTimedOut | Code::OperationTimedOut) => "timed_out",
        Some(Code::AllBrokersDown | Code::BrokerTransportFailure | Code::Resolve) => "no_broker",
        Some(Code::NotEnoughReplicas | Code::NotEnoughReplicasAfterAppend) => "not_enough_replicas",
        Some(Code::NotLeaderForPartition | Code::LeaderNotAvailable) => "leader_moved",
        Some(Code::CoordinatorNotAvailable | Code::NotCoordinator | Code::CoordinatorLoadInProgress) => {
            "coordinator"
        }
        Some(
            Code::TopicAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::TransactionalIdAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::SaslAuthenticationFailed
            | Code::Authentication,
        ) => "not_authorised",
        Some(Code::UnknownTopicOrPartition | Code::UnknownTopic | Code::UnknownPartition) => "unknown_topic",
        Some(Code::KafkaStorageError) => "storage",
        Some(Code::PurgeQueue | Code::PurgeInflight) => "purged",
        Some(Code::PolicyViolation | Code::InvalidRecord | Code::InvalidMessage) => "refused_record",
        Some(_) => match remedy(error) {
            Remedy::Reacquire => "fenced",
            _ => "other",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_of_a_failed_transaction_is_read_from_the_clients_message() {
        let message = "Current transaction failed in state InTransaction: ProduceRequest for articles [0] \
                       failed: Broker: Not enough in-sync replicas (NOT_ENOUGH_REPLICAS, requires epoch bump)";
        assert_eq!(named(message), Some(Code::NotEnoughReplicas));
        assert_eq!(named("Failed to add (TOPIC_AUTHORIZATION_FAILED)"), Some(Code::TopicAuthorizationFailed));
        assert_eq!(named("no name"), None);
    }
}
