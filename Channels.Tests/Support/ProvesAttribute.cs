namespace Channels.Tests.Support;

/// <summary>
/// Names the statements of the references that a test proves, for example <c>[Proves("C-ROUTE-01", "W-13")]</c>.
/// <see cref="Architecture.StatementCoverageTests"/> reads it; test runners show it as a property of the test.
/// </summary>
/// <param name="ids">The ids, each written out.</param>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class, AllowMultiple = true)]
public sealed class ProvesAttribute(params string[] ids) : PropertyAttribute(string.Join(' ', ids))
{
    /// <summary>The ids.</summary>
    public IReadOnlyList<string> Ids { get; } = ids;
}
