//! Wycheproof's vectors, asked of the very calls that this room makes.
//!
//! They are made to find implementations that accept what they must refuse, so what matters most
//! here are the invalid ones.

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    key_wrap::{AES_256, AesKek, KeyWrapPadded as _},
};
use wycheproof::TestResult;

use crate::{aead, kdf};

#[test]
fn aes_256_gcm_seals_and_opens_as_published() {
    let set = wycheproof::aead::TestSet::load(wycheproof::aead::TestName::AesGcm).unwrap();
    let mut seen = (0, 0);
    for group in set.test_groups {
        // 96-bit IVs and 128-bit tags are the only ones of the house.
        if (group.key_size, group.nonce_size, group.tag_size) != (256, 96, 128) {
            continue;
        }
        for test in group.tests {
            let iv = test.nonce[..].try_into().unwrap();
            let mut sealed = [&test.ct[..], &test.tag].concat();
            let opened = aead::open(&test.key, iv, &test.aad, &mut sealed);
            match test.result {
                TestResult::Valid | TestResult::Acceptable => {
                    assert_eq!(opened.unwrap(), &test.pt[..], "{}", test.tc_id);
                    let mut data = test.pt.to_vec();
                    let tag = aead::seal(&test.key, iv, &test.aad, &mut data).unwrap();
                    assert_eq!(data, test.ct[..], "{}", test.tc_id);
                    assert_eq!(tag, test.tag[..], "{}", test.tc_id);
                    seen.0 += 1;
                }
                TestResult::Invalid => {
                    assert!(opened.is_err(), "{}", test.tc_id);
                    seen.1 += 1;
                }
            }
        }
    }
    assert!(seen.0 >= 30 && seen.1 >= 15, "{seen:?}");
}

#[test]
fn hmac_sha_256_gives_the_published_tags() {
    let set = wycheproof::mac::TestSet::load(wycheproof::mac::TestName::HmacSha256).unwrap();
    let mut seen = (0, 0);
    for group in set.test_groups {
        for test in group.tests {
            // Published tags of 128 bits are the first half.
            let tag = kdf::hmac(&test.key, &[&test.msg]);
            let same = verify_slices_are_equal(&tag[..test.tag.len()], &test.tag).is_ok();
            match test.result {
                TestResult::Valid | TestResult::Acceptable => seen.0 += 1,
                TestResult::Invalid => seen.1 += 1,
            }
            assert_eq!(same, test.result != TestResult::Invalid, "{}", test.tc_id);
        }
    }
    assert!(seen.0 >= 50 && seen.1 >= 50, "{seen:?}");
}

#[test]
fn aes_256_kwp_wraps_and_unwraps_as_published() {
    let set =
        wycheproof::keywrap::TestSet::load(wycheproof::keywrap::TestName::AesKeyWrapWithPadding)
            .unwrap();
    let mut seen = (0, 0);
    for group in set.test_groups {
        if group.key_size != 256 {
            continue;
        }
        for test in group.tests {
            let kek = || AesKek::new(&AES_256, &test.key).unwrap();
            let mut out = vec![0; test.pt.len().max(test.ct.len()) + 16];
            match test.result {
                TestResult::Invalid => {
                    assert!(
                        kek().unwrap_with_padding(&test.ct, &mut out).is_err(),
                        "{}",
                        test.tc_id
                    );
                    seen.1 += 1;
                }
                TestResult::Valid | TestResult::Acceptable => {
                    let plain = kek().unwrap_with_padding(&test.ct, &mut out).unwrap();
                    assert_eq!(plain, &test.pt[..], "{}", test.tc_id);
                    let wrapped = kek().wrap_with_padding(&test.pt, &mut out).unwrap();
                    assert_eq!(wrapped, &test.ct[..], "{}", test.tc_id);
                    seen.0 += 1;
                }
            }
        }
    }
    assert!(seen.0 >= 15 && seen.1 >= 30, "{seen:?}");
}
