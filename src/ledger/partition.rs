//! Which shard a feed belongs to.

use url::Url;

/// Kafka's murmur2, as the Java client's default partitioner uses it
/// (`org.apache.kafka.common.utils.Utils.murmur2`): seed 0x9747b28c.
pub fn murmur2(bytes: &[u8]) -> u32 {
    const M: u32 = 0x5bd1_e995;
    let mut hash = 0x9747_b28c_u32 ^ u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let mut words = bytes.chunks_exact(4);
    for word in &mut words {
        let mut k = u32::from_le_bytes([word[0], word[1], word[2], word[3]]);
        k = k.wrapping_mul(M);
        k ^= k >> 24;
        k = k.wrapping_mul(M);
        hash = hash.wrapping_mul(M) ^ k;
    }
    let tail = words.remainder();
    if !tail.is_empty() {
        for (index, byte) in tail.iter().enumerate() {
            hash ^= u32::from(*byte) << (8 * index);
        }
        hash = hash.wrapping_mul(M);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(M);
    hash ^ (hash >> 15)
}

/// The partition of `key` among `partitions`: the one that Java clients would choose.
pub fn partition_of(key: &str, partitions: i32) -> i32 {
    let positive = murmur2(key.as_bytes()) & 0x7fff_ffff;
    i32::try_from(positive % partitions.max(1).unsigned_abs()).unwrap_or(0)
}

/// The shard of a feed: by its site, so that one site is always polled from one instance and
/// politeness needs no coordination.
pub fn shard_of(url: &Url, partitions: i32) -> i32 {
    partition_of(&crate::site::site(url), partitions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_java_client() {
        // Vectors of Apache Kafka's own UtilsTest.testMurmur2 (values as signed integers).
        for (key, hash) in [
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ] {
            assert_eq!(murmur2(key.as_bytes()).cast_signed(), hash, "{key}");
        }
    }

    #[test]
    fn one_site_is_one_shard() {
        let a = shard_of(&Url::parse("https://www.example.org/a.xml").unwrap(), 16);
        let b = shard_of(&Url::parse("http://news.example.org/b.xml").unwrap(), 16);
        assert_eq!(a, b);
        assert!((0..16).contains(&a));
    }
}
