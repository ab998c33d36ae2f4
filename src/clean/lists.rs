//! Many short lists in one.

/// A list for each number from 0 on. Hundreds of thousands of separate lists, most with one item,
/// would each cost an allocation and three words.
#[derive(Debug)]
pub(super) struct Lists<T> {
    /// Where each list begins, and where the last one ends.
    starts: Box<[u32]>,
    items: Box<[T]>,
}

impl<T> Lists<T> {
    /// Makes `count` lists from items, each with the number of its list; items of one list keep
    /// their order.
    pub(super) fn new(count: usize, mut items: Vec<(u32, T)>) -> Self {
        items.sort_by_key(|(list, _)| *list);
        let mut starts = Vec::with_capacity(count + 1);
        for list in 0..=count {
            starts.push(items.partition_point(|(of, _)| (*of as usize) < list) as u32);
        }
        Self { starts: starts.into(), items: items.into_iter().map(|(_, item)| item).collect() }
    }

    /// The items of a list; empty if there is no such list.
    pub(super) fn of(&self, list: u32) -> &[T] {
        let bounds = (self.starts.get(list as usize), self.starts.get(list as usize + 1));
        let (Some(from), Some(to)) = bounds else { return &[] };
        self.items.get(*from as usize..*to as usize).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_list_has_its_items_in_order() {
        let lists = Lists::new(4, vec![(2, 'c'), (0, 'a'), (2, 'b')]);
        assert_eq!((lists.of(0), lists.of(1), lists.of(2)), (&['a'][..], &[][..], &['c', 'b'][..]));
        assert!(lists.of(3).is_empty() && lists.of(4).is_empty() && lists.of(u32::MAX).is_empty());
    }
}
