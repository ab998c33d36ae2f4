//! From the configuration to librdkafka's settings.

use rdkafka::{ClientConfig, error::KafkaError};

use crate::config::{Kafka, Protocol};

/// Settings that producers and consumers have in common: addresses, security, then the raw
/// properties of the configuration, which have the last word.
pub fn client_config(kafka: &Kafka) -> ClientConfig {
    client_config_with(kafka, &[])
}

/// The same, with settings of the caller's own. The typed keys of the configuration override them,
/// and the raw properties override everything, so that an operator can change any of them.
pub fn client_config_with(kafka: &Kafka, own: &[(&str, &str)]) -> ClientConfig {
    // Else OpenSSL is cleaned up at the exit of the process under the client's threads, which then crash it.
    #[cfg(feature = "tls")]
    openssl_sys::init();
    let mut client = ClientConfig::new();
    client.set("client.id", "copydesk");
    for (key, value) in own {
        client.set(*key, *value);
    }
    client.set("bootstrap.servers", kafka.brokers.join(","));
    let security = &kafka.security;
    client.set(
        "security.protocol",
        match security.protocol {
            Protocol::Plaintext => "plaintext",
            Protocol::Tls => "ssl",
            Protocol::SaslPlaintext => "sasl_plaintext",
            Protocol::SaslTls => "sasl_ssl",
        },
    );
    let optional = [
        ("ssl.ca.location", security.ca.as_deref()),
        ("ssl.certificate.location", security.certificate.as_deref()),
        ("ssl.key.location", security.key.as_deref()),
        ("sasl.mechanisms", security.mechanism.as_deref()),
        ("sasl.username", security.username.as_ref().map(|secret| secret.0.as_str())),
        ("sasl.password", security.password.as_ref().map(|secret| secret.0.as_str())),
    ];
    for (key, value) in optional {
        if let Some(value) = value {
            client.set(key, value);
        }
    }
    for (key, value) in &kafka.properties {
        client.set(key.as_str(), value.as_str());
    }
    client
}

/// What librdkafka says about those of `kafka.properties` that it refuses, with their positions
/// there. Opens no connection.
pub fn refused_properties(kafka: &Kafka) -> Vec<(usize, String)> {
    let refused = |(index, (name, value)): (usize, &(String, String))| {
        let error = ClientConfig::new().set(name, value).create_native_config().err()?;
        Some((index, said(&error)))
    };
    kafka.properties.iter().enumerate().filter_map(refused).collect()
}

/// What the client says about settings, without its prefix.
pub fn said(error: &KafkaError) -> String {
    match error {
        KafkaError::ClientConfig(_, said, _, _) | KafkaError::ClientCreation(said) => said.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Secret, Security};

    #[test]
    fn security_and_raw_properties_are_passed_on() {
        let kafka = Kafka {
            brokers: vec!["a:9092".into(), "b:9092".into()],
            security: Security {
                protocol: Protocol::SaslTls,
                ca: Some("/etc/ca.pem".into()),
                mechanism: Some("SCRAM-SHA-512".into()),
                username: Some(Secret("desk".into())),
                password: Some(Secret("hidden".into())),
                ..Security::default()
            },
            properties: vec![("linger.ms".into(), "20".into())],
            ..Kafka::default()
        };
        let client = client_config_with(&kafka, &[("linger.ms", "5"), ("acks", "all")]);
        for (key, value) in [
            ("bootstrap.servers", "a:9092,b:9092"),
            ("security.protocol", "sasl_ssl"),
            ("ssl.ca.location", "/etc/ca.pem"),
            ("sasl.mechanisms", "SCRAM-SHA-512"),
            ("sasl.username", "desk"),
            ("sasl.password", "hidden"),
            ("linger.ms", "20"),
            ("acks", "all"),
        ] {
            assert_eq!(client.get(key), Some(value), "{key}");
        }
        assert_eq!(client.get("ssl.key.location"), None);
        assert!(!format!("{client:?}").contains("hidden"));
    }
}
