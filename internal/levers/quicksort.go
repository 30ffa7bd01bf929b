package levers

var quicksort = Lever{
	Name:    "quicksort",
	What:    "what pattern-defeating quicksort has above quicksort, in slices: a copy for every type that is sorted",
	Relies:  "the pivot is the median of three, which parts sorted input in halves, and heap sort takes over where it parts badly",
	MadeFor: []string{"go1.26"},
	Edits: []Edit{
		{File: "slices/zsortanyfunc.go", Old: `func pdqsortCmpFunc[E any](data []E, a, b, limit int, cmp func(a, b E) int) {
	const maxInsertion = 12

	var (
		wasBalanced    = true // whether the last partitioning was reasonably balanced
		wasPartitioned = true // whether the slice was already partitioned
	)

	for {
		length := b - a

		if length <= maxInsertion {
			insertionSortCmpFunc(data, a, b, cmp)
			return
		}

		// Fall back to heapsort if too many bad choices were made.
		if limit == 0 {
			heapSortCmpFunc(data, a, b, cmp)
			return
		}

		// If the last partitioning was imbalanced, we need to breaking patterns.
		if !wasBalanced {
			breakPatternsCmpFunc(data, a, b, cmp)
			limit--
		}

		pivot, hint := choosePivotCmpFunc(data, a, b, cmp)
		if hint == decreasingHint {
			reverseRangeCmpFunc(data, a, b, cmp)
			// The chosen pivot was pivot-a elements after the start of the array.
			// After reversing it is pivot-a elements before the end of the array.
			// The idea came from Rust's implementation.
			pivot = (b - 1) - (pivot - a)
			hint = increasingHint
		}

		// The slice is likely already sorted.
		if wasBalanced && wasPartitioned && hint == increasingHint {
			if partialInsertionSortCmpFunc(data, a, b, cmp) {
				return
			}
		}

		// Probably the slice contains many duplicate elements, partition the slice into
		// elements equal to and elements greater than the pivot.
		if a > 0 && !(cmp(data[a-1], data[pivot]) < 0) {
			mid := partitionEqualCmpFunc(data, a, b, pivot, cmp)
			a = mid
			continue
		}

		mid, alreadyPartitioned := partitionCmpFunc(data, a, b, pivot, cmp)
		wasPartitioned = alreadyPartitioned

		leftLen, rightLen := mid-a, b-mid
		balanceThreshold := length / 8
		if leftLen < rightLen {
			wasBalanced = leftLen >= balanceThreshold
			pdqsortCmpFunc(data, a, mid, limit, cmp)
			a = mid + 1
		} else {
			wasBalanced = rightLen >= balanceThreshold
			pdqsortCmpFunc(data, mid+1, b, limit, cmp)
			b = mid
		}
	}
}
`, New: `func pdqsortCmpFunc[E any](data []E, a, b, limit int, cmp func(a, b E) int) {
	for limit *= 2; b-a > 12; limit-- {
		if limit == 0 {
			heapSortCmpFunc(data, a, b, cmp)
			return
		}
		// The median of three goes to data[a], and parts the others.
		m, last := a+(b-a)/2, b-1
		if cmp(data[last], data[m]) < 0 {
			m, last = last, m
		}
		if cmp(data[m], data[a]) < 0 {
			m = a
			if cmp(data[a], data[last]) < 0 {
				m = last
			}
		}
		data[a], data[m] = data[m], data[a]
		i, j := a, b
		for {
			for i++; i < b && cmp(data[i], data[a]) < 0; i++ {
			}
			for j--; j > a && cmp(data[a], data[j]) < 0; j-- {
			}
			if i >= j {
				break
			}
			data[i], data[j] = data[j], data[i]
		}
		data[a], data[j] = data[j], data[a]
		if j-a < b-j {
			pdqsortCmpFunc(data, a, j, limit/2, cmp)
			a = j + 1
		} else {
			pdqsortCmpFunc(data, j+1, b, limit/2, cmp)
			b = j
		}
	}
	insertionSortCmpFunc(data, a, b, cmp)
}
`},
		{File: "slices/zsortordered.go", Old: `func pdqsortOrdered[E cmp.Ordered](data []E, a, b, limit int) {
	const maxInsertion = 12

	var (
		wasBalanced    = true // whether the last partitioning was reasonably balanced
		wasPartitioned = true // whether the slice was already partitioned
	)

	for {
		length := b - a

		if length <= maxInsertion {
			insertionSortOrdered(data, a, b)
			return
		}

		// Fall back to heapsort if too many bad choices were made.
		if limit == 0 {
			heapSortOrdered(data, a, b)
			return
		}

		// If the last partitioning was imbalanced, we need to breaking patterns.
		if !wasBalanced {
			breakPatternsOrdered(data, a, b)
			limit--
		}

		pivot, hint := choosePivotOrdered(data, a, b)
		if hint == decreasingHint {
			reverseRangeOrdered(data, a, b)
			// The chosen pivot was pivot-a elements after the start of the array.
			// After reversing it is pivot-a elements before the end of the array.
			// The idea came from Rust's implementation.
			pivot = (b - 1) - (pivot - a)
			hint = increasingHint
		}

		// The slice is likely already sorted.
		if wasBalanced && wasPartitioned && hint == increasingHint {
			if partialInsertionSortOrdered(data, a, b) {
				return
			}
		}

		// Probably the slice contains many duplicate elements, partition the slice into
		// elements equal to and elements greater than the pivot.
		if a > 0 && !cmp.Less(data[a-1], data[pivot]) {
			mid := partitionEqualOrdered(data, a, b, pivot)
			a = mid
			continue
		}

		mid, alreadyPartitioned := partitionOrdered(data, a, b, pivot)
		wasPartitioned = alreadyPartitioned

		leftLen, rightLen := mid-a, b-mid
		balanceThreshold := length / 8
		if leftLen < rightLen {
			wasBalanced = leftLen >= balanceThreshold
			pdqsortOrdered(data, a, mid, limit)
			a = mid + 1
		} else {
			wasBalanced = rightLen >= balanceThreshold
			pdqsortOrdered(data, mid+1, b, limit)
			b = mid
		}
	}
}
`, New: `func pdqsortOrdered[E cmp.Ordered](data []E, a, b, limit int) {
	for limit *= 2; b-a > 12; limit-- {
		if limit == 0 {
			heapSortOrdered(data, a, b)
			return
		}
		// The median of three goes to data[a], and parts the others.
		m, last := a+(b-a)/2, b-1
		if cmp.Less(data[last], data[m]) {
			m, last = last, m
		}
		if cmp.Less(data[m], data[a]) {
			m = a
			if cmp.Less(data[a], data[last]) {
				m = last
			}
		}
		data[a], data[m] = data[m], data[a]
		i, j := a, b
		for {
			for i++; i < b && cmp.Less(data[i], data[a]); i++ {
			}
			for j--; j > a && cmp.Less(data[a], data[j]); j-- {
			}
			if i >= j {
				break
			}
			data[i], data[j] = data[j], data[i]
		}
		data[a], data[j] = data[j], data[a]
		if j-a < b-j {
			pdqsortOrdered(data, a, j, limit/2)
			a = j + 1
		} else {
			pdqsortOrdered(data, j+1, b, limit/2)
			b = j
		}
	}
	insertionSortOrdered(data, a, b)
}
`},
	},
}
