namespace Channels;

/// <summary>How a list option is read when configuration gives it as one text. Without the attribute commas and semicolons separate the entries.</summary>
/// <param name="separators">The characters that separate entries; empty when an entry may hold any character.</param>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class ListTextAttribute(string separators) : Attribute
{
    /// <summary>What separates entries unless an option says otherwise; the framework's own lists of hosts use the semicolon.</summary>
    public const string Usual = ",;";

    public string Separators => separators;
}
