package main

import (
	"fmt"
	"strings"
)

func main() {
	counts := map[string]int{}
	for _, word := range strings.Fields("to be or not to be") {
		counts[word]++
	}
	fmt.Println(counts)
}
