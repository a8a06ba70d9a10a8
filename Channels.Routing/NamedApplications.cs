namespace Channels.Routing;

/// <summary>Applications by exact name, in the order of declaration; fixed at the first use.</summary>
internal sealed class NamedApplications(string router, string kind)
{
    private readonly Dictionary<string, Application> _byName = new(StringComparer.Ordinal);
    private readonly List<ApplicationBranch> _branches = [];
    private volatile bool _fixed;

    public IReadOnlyList<ApplicationBranch> Branches => _branches;

    public string Names => _branches.Count == 0 ? "none" : string.Join(", ", _branches.Select(b => b.Label));

    public Application? Find(string? name) => name is not null && _byName.TryGetValue(name, out var application) ? application : null;

    public void Fix() => _fixed = true;

    public void Add(string name, Application application)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(application);
        if (_fixed)
        {
            throw new InvalidOperationException($"{router} is in use; add '{name}' before the first connection.");
        }

        if (!_byName.TryAdd(name, application))
        {
            throw new ArgumentException($"{router} routes the {kind} '{name}' twice.", nameof(name));
        }

        _branches.Add(new(name, application));
    }
}
