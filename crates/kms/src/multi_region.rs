//! How related multi-Region keys keep in step.
//!
//! A Region is a name space of its own, and no transaction spans two of them. What one Region
//! decides and others have to follow is announced to each by a *summons*, a row of the deciding
//! transaction that stands in the other Region's name. Whoever next looks the key up there heeds
//! the summons before anything is judged, and so does the sweeper; the call that decided does it
//! at once. So a rotation, a new primary or a new replica counts everywhere when the call
//! returns, and whatever a crash interrupts is made up for at the next use.
//!
//! A summons carries no orders but the name of the primary. What is to be done follows from the
//! records of the relatives as they are now, so that heeding it twice, or once for two, is the
//! same; and whatever changes them meanwhile summons anew, which is why the summons is all that
//! heeding it is conditional on. They are read past the cache, which may not have heard yet of the
//! commit that wrote the summons.
//!
//! AWS: developer guide, "Multi-Region keys in AWS KMS"; "SynchronizeMultiRegionKey" among the
//! CloudTrail log entries.

use strongroom_crypto::MaterialId;
use strongroom_model::{KeyId, Region, Timestamp, enums::OriginType};
use strongroom_store::BoxFuture;

use crate::{
    change::Change,
    error::KmsError,
    layout::{self, Home, RowKey},
    material,
    material_set::MaterialRows,
    new_key,
    record::{
        Deletion, Import, KeyRecord, MaterialRecord, NewReplicaRecord, PolicyRecord, Rotation,
    },
    service::Service,
    shelves::{Listed, Stored},
};

/// How often the rows of a key may move under the hands that heed its summons.
const ATTEMPTS: usize = 16;
/// How many Regions a summons may lead through, each of which has one of its own. Each newer
/// primary overwrites the summons of the older ones, so there are never more than two.
const HOPS: usize = 4;
/// Summonses that one round of the sweeper looks at.
const PER_ROUND: usize = 100;

/// Heeds the summons of a key in its Region, if there is one.
///
/// For a key that has none this is one look at the cache.
pub(crate) async fn keep_in_step(
    service: &Service,
    home: &Home,
    id: KeyId,
    now: Timestamp,
) -> Result<(), KmsError> {
    if !id.is_multi_region() {
        return Ok(());
    }
    heed(service, home, id, now, HOPS).await
}

/// Heeds what calls left behind, as far as one round goes.
pub(crate) async fn round(service: &Service, now: Timestamp) -> Result<usize, KmsError> {
    let rows: Listed<_> = service
        .shelves()
        .list(&layout::all_summonses(), None, PER_ROUND)
        .await?;
    let mut heeded = 0;
    for (name, _) in rows.rows {
        if let Some((home, id)) = layout::parse_summons(&name) {
            keep_in_step(service, &home, id, now).await?;
            heeded += 1;
        }
    }
    Ok(heeded)
}

impl Change {
    /// Has the relatives of a key follow, if what they share with it changes.
    pub(crate) fn announce(
        &mut self,
        home: &Home,
        id: KeyId,
        old: &KeyRecord,
        new: &KeyRecord,
    ) -> Result<(), KmsError> {
        let (Some(before), Some(after)) = (&old.multi_region, &new.multi_region) else {
            return Ok(());
        };
        let leads = before.primary == home.region || after.primary == home.region;
        if !leads || shared(old) == shared(new) {
            return Ok(());
        }
        for region in std::iter::once(&after.primary).chain(&after.replicas) {
            if *region != home.region {
                self.summon(&home.at(region), id, &after.primary)?;
            }
        }
        Ok(())
    }

    /// A replica that a primary key is to have in another Region. It comes into being when its
    /// summons is heeded.
    pub(crate) fn replicate(
        primary: (&Home, KeyId, &Stored<KeyRecord>),
        there: &Home,
        wanted: &NewReplicaRecord,
    ) -> Result<(Self, KeyRecord), KmsError> {
        let (home, id, stored) = primary;
        let mut record = stored.record.clone();
        if let Some(relatives) = &mut record.multi_region
            && !relatives.replicas.contains(&there.region)
        {
            relatives.replicas.push(there.region.clone());
        }
        let mut change = Self::new();
        let row = there.new_replica(id);
        change.provided(&row, None).put(&row, wanted)?;
        change.replace_key(home, id, stored, &record)?;
        // One that was there before and is gone left the primary's record as it will be.
        change.summon(there, id, &home.region)?;
        Ok((change, record))
    }

    /// Has the key in that Region look after its primary, or, where it is the primary, after its
    /// replicas.
    pub(crate) fn summon(
        &mut self,
        home: &Home,
        id: KeyId,
        primary: &Region,
    ) -> Result<(), KmsError> {
        let record = crate::record::SummonsRecord {
            primary: primary.clone(),
        };
        let summoned = (home.clone(), id);
        if !self.summoned.contains(&summoned) {
            self.put(&home.summons(id), &record)?;
            self.summoned.push(summoned);
        }
        Ok(())
    }
}

/// What related keys have in common, as far as their records say it.
fn shared(record: &KeyRecord) -> impl PartialEq {
    let pending = record.materials.pending.as_ref();
    (
        record.multi_region.clone(),
        record.rotation.clone(),
        record.on_demand_rotations,
        record.material.as_ref().map(|current| current.id.clone()),
        pending.map(|pending| (pending.id.clone(), pending.awaited_in.clone())),
    )
}

fn heed<'a>(
    service: &'a Service,
    home: &'a Home,
    id: KeyId,
    now: Timestamp,
    hops: usize,
) -> BoxFuture<'a, Result<(), KmsError>> {
    Box::pin(async move {
        let row = home.summons(id);
        for _ in 0..ATTEMPTS {
            let Some(summons) = service.shelves().get(&row).await? else {
                return Ok(());
            };
            let primary = &summons.record.primary;
            let mut change = Change::new();
            change.provided(&row, Some(summons.revision)).remove(&row);
            let relatives = Relatives {
                service,
                home,
                id,
                now,
            };
            if *primary == home.region {
                relatives.lead(&mut change).await?;
            } else if let Some(left) = hops.checked_sub(1) {
                // The primary may have been summoned too, and is to lead by then.
                let theirs = home.at(primary);
                heed(service, &theirs, id, now, left).await?;
                relatives.follow(&theirs, &mut change).await?;
            } else {
                break;
            }
            let event = service
                .event("SynchronizeMultiRegionKey", home, id)?
                .with("keyId", id);
            service.commit_event(change, event).await?;
        }
        let cause = format!("{row:?} cannot be heeded");
        Err(KmsError::internal(cause))
    })
}

/// A key in one Region, on its way to be in step with the others.
struct Relatives<'a> {
    service: &'a Service,
    home: &'a Home,
    id: KeyId,
    now: Timestamp,
}

impl Relatives<'_> {
    /// The replica takes over what its primary decided. One that does not exist yet comes into
    /// being, if it was asked for.
    async fn follow(&self, theirs: &Home, change: &mut Change) -> Result<(), KmsError> {
        let shelves = self.service.shelves();
        let Some(primary) = shelves.load(&theirs.key(self.id)).await? else {
            return Ok(());
        };
        let row = self.home.key(self.id);
        let ours = shelves.get(&row).await?;
        let wanted_row = self.home.new_replica(self.id);
        let wanted = shelves.load(&wanted_row).await?;
        let mut record = match (&ours, &wanted) {
            (Some(ours), _) => ours.record.clone(),
            (None, Some(wanted)) => wanted.record.to_key(&primary.record),
            // The replica has been deleted meanwhile.
            (None, None) => return Ok(()),
        };
        self.copy_materials(theirs, &primary.record, &mut record, change)
            .await?;
        record.multi_region.clone_from(&primary.record.multi_region);
        record.rotation = primary.record.rotation.clone().map(|rotation| Rotation {
            follows: true,
            ..rotation
        });
        match (ours, wanted) {
            (Some(ours), _) => {
                change.replace_key(self.home, self.id, &ours, &record)?;
            }
            (None, Some(wanted)) => {
                change
                    .provided(&row, None)
                    .provided(&wanted_row, Some(wanted.revision))
                    .remove(&wanted_row)
                    .remove(&self.home.tombstone(self.id));
                let policy = PolicyRecord {
                    text: wanted.record.policy.clone(),
                };
                change.put(&self.home.policy(self.id), &policy)?;
                new_key::count(self.service, self.home, self.id, change).await?;
                change.put_new_key(self.home, self.id, &record)?;
            }
            (None, None) => {}
        }
        Ok(())
    }

    /// The primary looks after its replicas: those that are gone, and those that have imported
    /// what they had to. One that has just become the primary takes over from the one before.
    async fn lead(&self, change: &mut Change) -> Result<(), KmsError> {
        let shelves = self.service.shelves();
        let Some(ours) = shelves.get(&self.home.key(self.id)).await? else {
            return Ok(());
        };
        let mut record = ours.record.clone();
        let Some(mut relatives) = record.multi_region.clone() else {
            return Ok(());
        };
        if relatives.primary != self.home.region {
            let theirs = self.home.at(&relatives.primary);
            if let Some(before) = shelves.load(&theirs.key(self.id)).await? {
                self.copy_materials(&theirs, &before.record, &mut record, change)
                    .await?;
                record.rotation = before.record.rotation.clone().map(|rotation| Rotation {
                    follows: false,
                    ..rotation
                });
                if let Some(now) = &before.record.multi_region {
                    relatives.clone_from(now);
                }
            }
        }
        let mut there = Vec::new();
        for region in std::mem::take(&mut relatives.replicas) {
            if self.exists(&region).await? {
                there.push(region);
            }
        }
        relatives.replicas = there;
        if let Some(pending) = &mut record.materials.pending {
            pending.awaited_in = Vec::new();
            for region in &relatives.replicas {
                if !self.has_material(region, &pending.id).await? {
                    pending.awaited_in.push(region.clone());
                }
            }
        }
        if let Some(window_days) = record.deletion_after_replicas
            && relatives.replicas.is_empty()
        {
            record.deletion_after_replicas = None;
            record.deletion = Some(Deletion {
                date: self.now.plus_days(window_days.into()),
                window_days,
            });
        }
        record.multi_region = Some(relatives);
        change.replace_key(self.home, self.id, &ours, &record)?;
        Ok(())
    }

    /// Whether there is a replica in the Region, or one on its way.
    async fn exists(&self, region: &Region) -> Result<bool, KmsError> {
        exists(self.service, &self.home.at(region), self.id, self.now).await
    }

    async fn has_material(&self, region: &Region, material_id: &str) -> Result<bool, KmsError> {
        let row = self.home.at(region).materials(self.id).row(material_id);
        let stored = self.service.shelves().load(&row).await?;
        Ok(stored.is_some_and(|stored| stored.record.present(self.now)))
    }

    /// Takes over the materials of a relative: wrapped anew for this Region or, for imported
    /// ones, as places into which the same material is to be imported.
    async fn copy_materials(
        &self,
        theirs: &Home,
        relative: &KeyRecord,
        record: &mut KeyRecord,
        change: &mut Change,
    ) -> Result<(), KmsError> {
        let (home, id) = (self.home, self.id);
        let source = MaterialRows::read(self.service, theirs, id).await?;
        let mut rows = MaterialRows::read(self.service, home, id).await?;
        for (material_id, from) in source.iter() {
            let row = match rows.get(material_id) {
                Some(row) if row.rotated == from.rotated => continue,
                Some(row) => MaterialRecord {
                    rotated: from.rotated,
                    ..row.clone()
                },
                None => MaterialRecord {
                    sequence: from.sequence,
                    created: from.created,
                    wrapped: self.rewrap(theirs, relative, material_id, from).await?,
                    rotated: from.rotated,
                    import: from.import.clone().map(|import| Import {
                        valid_to: None,
                        ..import
                    }),
                },
            };
            rows.put(home, id, material_id, row, change)?;
        }
        rows.remove_all_but(home, id, &source, change);
        record.material.clone_from(&relative.material);
        record.on_demand_rotations = relative.on_demand_rotations;
        record.materials.pending = relative.materials.pending.clone().map(|mut pending| {
            pending.valid_to = rows.get(&pending.id).and_then(MaterialRecord::valid_to);
            pending
        });
        rows.summarize(record);
        Ok(())
    }

    /// Material of AWS_KMS keys moves from the domain key of one Region to that of the other.
    /// Imported material never does: its owner imports it into each.
    async fn rewrap(
        &self,
        theirs: &Home,
        relative: &KeyRecord,
        material_id: &str,
        from: &MaterialRecord,
    ) -> Result<Option<String>, KmsError> {
        let parsed = MaterialId::parse(material_id);
        let (OriginType::AwsKms, Some(parsed)) = (relative.origin, parsed) else {
            return Ok(None);
        };
        let (service, id) = (self.service, self.id);
        let opened = material::unwrap(service, theirs, id, relative, parsed, from).await?;
        let (_, wrapped) =
            new_key::wrap(service, self.home, id, relative, &opened, from.sequence).await?;
        Ok(Some(wrapped))
    }
}

/// Whether a key of that id lives in the Region, or is on its way there.
pub(crate) async fn exists(
    service: &Service,
    home: &Home,
    id: KeyId,
    now: Timestamp,
) -> Result<bool, KmsError> {
    let key = service.shelves().load(&home.key(id)).await?;
    if key.is_some_and(|key| key.record.alive(now)) {
        return Ok(true);
    }
    let wanted: RowKey<NewReplicaRecord> = home.new_replica(id);
    Ok(service.shelves().load(&wanted).await?.is_some())
}
