@OptIn(kotlin.js.ExperimentalJsExport::class)
@kotlin.js.JsExport
fun answer(n: Int): Int {
    val counts = mutableMapOf<String, Int>()
    for (word in "to be or not to be".split(" ")) counts[word] = (counts[word] ?: 0) + 1
    return try { if (n > 3) throw IllegalStateException("four"); counts.size } catch (e: IllegalStateException) { e.message!!.length }
}
fun main() { println(answer(1)) }
