//! Types of IDs: which columns of which files hold IDs that can be compared, and how keys of other types are told apart.

use super::inspect::Seen;
use super::oneid::Beside;
use super::recipe::{ColumnRef, ConsentRecipe, FileRecipe, IdColumn, IdMapRecipe, Recipe};
use crate::error::{Error, Kind, Result, settings};
use crate::id::{self, Key};
use crate::num::Order;
use crate::oneid::MapColumn;
use sha2::{Digest as _, Sha256};

/// A name without case, spaces and signs.
pub fn bare(name: &str) -> String {
    name.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect()
}

/// The type of an ID: its kind; of an opaque one what the recipe calls it, else the column's name.
fn type_of(kind: id::Kind, said: Option<&String>, column: &str) -> String {
    match said {
        Some(said) => bare(said),
        None if kind == id::Kind::Opaque => bare(column),
        None => kind.code().into(),
    }
}

/// Types of IDs by priority, and where the IDs of each are compared.
pub struct Types {
    /// By priority.
    pub names: Vec<String>,
    /// Where each is compared.
    pub spaces: Vec<id::Recipe>,
    /// Of the first-party and of the tag file.
    pub files: [usize; 2],
}

impl Types {
    /// Of all files.
    pub fn of(recipe: &Recipe, maps: &[Beside<IdMapRecipe>], seen: [&Seen; 2]) -> Result<Types> {
        let sides = [&recipe.first_party, &recipe.tags];
        let columns =
            || maps.iter().flat_map(|m| &m.recipe.columns).map(|(name, c)| (c.type_of(name), c.id_recipe()));
        let mut own = [0, 1].map(|side| type_of_file(sides[side], seen[side]));
        for side in 0..2 {
            // What only says "some ID" is an ID of the other file's type.
            let known = maps.is_empty() || columns().any(|(name, _)| name == own[side]);
            if sides[side].kind == id::Kind::Opaque && sides[side].id_type.is_none() && !known {
                own[side] = own[1 - side].clone();
            }
        }
        if maps.is_empty() && sides.iter().all(|side| side.id_type.is_none()) {
            own[0] = own[1].clone();
        }
        let mut names: Vec<String> = recipe.oneid.priority.iter().map(|name| bare(name)).collect();
        let mut rest: Vec<String> = columns().map(|(name, _)| name).collect();
        rest.order();
        names.extend([own[1].clone(), own[0].clone()]);
        names.extend(rest);
        let mut known = std::collections::BTreeSet::new();
        names.retain(|name| known.insert(name.clone()));
        let meant = |name: &str| own.iter().any(|n| n == name) || columns().any(|c| c.0 == name);
        settings(&[
            ("oneid.priority", names.iter().all(|name| meant(name)) && names.len() <= 200),
            ("oneid.cap", (2..=100).contains(&recipe.oneid.cap)),
            ("oneid.least_confidence", (0.0..=1.0).contains(&recipe.oneid.least_confidence)),
        ])
        .map_err(|e| e.file("room.toml"))?;
        let at = |name: &String| names.iter().position(|n| n == name).unwrap_or_default();
        let files = [0, 1].map(|side| at(&own[side]));
        let mapped = |of: usize| columns().any(|(name, _)| at(&name) == of);
        if files[0] != files[1] && !(mapped(files[0]) && mapped(files[1])) {
            return Err(Error::new(Kind::KindsApart).file("room.toml"));
        }
        let consent = recipe.consent.as_ref().map(ConsentRecipe::id_recipe);
        let spaces = (0..names.len()).map(|of| {
            let ours =
                [0, 1].into_iter().filter(|&side| files[side] == of).map(|side| sides[side].id_recipe());
            let theirs = columns().filter(|(name, _)| at(name) == of).map(|c| c.1);
            space(ours.chain(consent.filter(|_| of == files[0])).chain(theirs).collect())
        });
        let spaces = spaces.collect::<Result<_>>().map_err(|e| e.file("room.toml"))?;
        Ok(Types { spaces, files, names })
    }
    /// The tag file's type is left as it is: what no map names keeps its key.
    pub fn mask(&self, of: usize) -> Key {
        let mut mask = Key::default();
        if of != self.files[1] {
            mask.0.copy_from_slice(&Sha256::digest(&self.names[of])[..16]);
        }
        mask
    }
    /// How the IDs of another file of the room are read: of a type that the files or their maps know, as that; else as the tag
    /// file's. Nothing for an opaque ID of a type that a map should have told.
    pub fn other(&self, of: id::Recipe, column: &str, mapped: bool) -> Option<(id::Recipe, Key)> {
        let named = self.at(&type_of(of.kind, None, column)).map(usize::from);
        let usual = Some(self.files[1]).filter(|_| !mapped || of.kind != id::Kind::Opaque);
        named.or(usual).map(|of| (self.spaces[of], self.mask(of)))
    }
    /// A column of IDs of this type.
    pub fn column(&self, at: usize, name: &str, of: usize, recipe: id::Recipe) -> MapColumn {
        let (space, mask) = (self.spaces[of], self.mask(of));
        MapColumn { at, name: name.into(), recipe, space, mask, of: of as u8 }
    }
    /// A type by name.
    pub fn at(&self, name: &str) -> Option<u8> {
        self.names.iter().position(|n| n == name).map(|at| at as u8)
    }
}

fn type_of_file(recipe: &FileRecipe, seen: &Seen) -> String {
    let column = match &recipe.id {
        ColumnRef::Name(name) => name.as_str(),
        ColumnRef::Number(n) => {
            seen.inspection.columns.get((*n as usize).wrapping_sub(1)).map_or("", |c| c.name.as_str())
        }
    };
    type_of(recipe.kind, recipe.id_type.as_ref(), column)
}

impl IdColumn {
    /// Its type.
    pub fn type_of(&self, column: &str) -> String {
        type_of(self.kind, self.id_type.as_ref(), column)
    }
    /// What it holds.
    pub fn id_recipe(&self) -> id::Recipe {
        id::Recipe::new(self.kind, self.digest)
    }
}

impl ConsentRecipe {
    /// What it holds.
    pub fn id_recipe(&self) -> id::Recipe {
        id::Recipe::new(self.kind.unwrap_or(id::Kind::Opaque), self.digest.unwrap_or_default())
    }
}

/// Where all columns of a type can be compared.
fn space(of: Vec<id::Recipe>) -> Result<id::Recipe> {
    let first = *of.first().ok_or(Error::new(Kind::MapColumns))?;
    let start = if of.len() == 1 { id::space(first, first)? } else { first };
    let space = of[1..].iter().try_fold(start, |space, &other| id::space(space, other))?;
    for &column in &of {
        id::Reader::new(column, space)?;
    }
    Ok(space)
}
