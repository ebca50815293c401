package dialplan

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
)

var begin = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)

func TestBudgetOfCalls(t *testing.T) {
	b := NewBudget(BudgetLimits{Calls: 2})
	first, why := b.Take(begin, "ann", "+41445550100")
	if why != "" {
		t.Fatal(why)
	}
	second, _ := b.Take(begin, "bob", "+41445550101")
	if release, why := b.Take(begin, "cid", "+41445550102"); release != nil || !strings.Contains(why, "limits.outbound.calls)") {
		t.Errorf("the third: %q", why)
	}
	first()
	first() // only once
	if n := b.Under(); n != 1 {
		t.Errorf("%d under way", n)
	}
	if _, why := b.Take(begin, "cid", "+41445550102"); why != "" {
		t.Errorf("after one is over: %q", why)
	}
	second()
	b.SetLimits(BudgetLimits{Calls: 1})
	if _, why := b.Take(begin, "dee", "+41445550103"); why == "" {
		t.Error("the limit was lowered, but not in force")
	}
	b.SetLimits(BudgetLimits{})
	for range 100 {
		if _, why := b.Take(begin, "ann", "+41445550100"); why != "" {
			t.Fatalf("without limits: %q", why)
		}
	}
}

func TestBudgetOfAnHour(t *testing.T) {
	b := NewBudget(BudgetLimits{PerHostPerHour: 3, PerNumberPerHour: 2})
	at := func(d time.Duration, host, number string, want bool) {
		t.Helper()
		release, why := b.Take(begin.Add(d), host, number)
		if (why == "") != want {
			t.Errorf("%s to %s after %s: %q", host, number, d, why)
		}
		if release != nil {
			release()
		}
	}
	at(0, "ann", "1", true)
	at(10*time.Minute, "ann", "1", true)
	at(20*time.Minute, "bob", "1", false) // the number has had its two
	at(20*time.Minute, "ann", "2", true)
	at(30*time.Minute, "ann", "3", false) // ann has had her three
	at(30*time.Minute, "bob", "3", true)
	at(time.Hour-time.Second, "ann", "3", false)
	at(time.Hour, "ann", "3", true) // the first is an hour ago
	at(time.Hour, "ann", "4", false)
	at(-2*time.Hour, "ann", "4", false) // a clock set back forgets nothing
	at(5*time.Hour, "ann", "1", true)
}

// However many numbers are called, as many are remembered as the bound says, and
// beyond it no call is made that could not be counted.
func TestBudgetIsBounded(t *testing.T) {
	b := NewBudget(BudgetLimits{PerNumberPerHour: 1})
	b.numbers.most = 100
	made := 0
	for i := range 1000 {
		if _, why := b.Take(begin, "ann", fmt.Sprint(i)); why == "" {
			made++
		} else if !strings.Contains(why, "too many") {
			t.Fatal(why)
		}
	}
	if made != 100 || len(b.numbers.times) != 100 {
		t.Errorf("%d calls, %d numbers remembered", made, len(b.numbers.times))
	}
	if _, why := b.Take(begin.Add(61*time.Minute), "ann", "x"); why != "" || len(b.numbers.times) != 1 {
		t.Errorf("an hour later: %q, %d remembered", why, len(b.numbers.times))
	}
	for i := range 10_000 { // a host who calls on and on
		b.Take(begin.Add(time.Duration(i)*time.Second), "bob", "y")
	}
	if n := len(b.numbers.times["y"]); n > 1 {
		t.Errorf("%d times of one number are remembered", n)
	}
}

func TestBudgetAtOnce(t *testing.T) {
	b := NewBudget(BudgetLimits{Calls: 10})
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 500 {
				if release, why := b.Take(begin, fmt.Sprint(i), fmt.Sprint(j)); why == "" {
					if n := b.Under(); n > 10 {
						t.Errorf("%d under way", n)
					}
					release()
				}
			}
		})
	}
	wg.Wait()
	if n := b.Under(); n != 0 {
		t.Errorf("%d left", n)
	}
}
