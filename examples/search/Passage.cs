namespace Examples.Search;

/// <summary>A paragraph of the book.</summary>
/// <param name="Number">Its place in the order of the book, from 0.</param>
/// <param name="Section">The headings that it stands under: "First Book, Part I, Prop. I, Exper. 1".</param>
/// <param name="Line">The line of the file that it begins on, from 1.</param>
/// <param name="Text">The paragraph as one line.</param>
internal sealed record Passage(int Number, string Section, int Line, string Text);
