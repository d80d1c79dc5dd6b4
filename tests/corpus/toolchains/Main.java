import java.util.*;
public class Main {
    public static void main(String[] args) {
        Map<String, Integer> counts = new TreeMap<>();
        for (String word : "to be or not to be".split(" ")) counts.merge(word, 1, (x, y) -> x + y);
        try {
            System.out.println(counts);
            if (counts.size() > 3) throw new IllegalStateException("four");
        } catch (IllegalStateException e) {
            System.out.println(e.getMessage());
        }
    }
}
