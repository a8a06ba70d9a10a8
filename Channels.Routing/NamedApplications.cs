namespace Channels.Routing;

/// <summary>Applications by exact name, in the order of declaration; fixed at the first use.</summary>
internal sealed class NamedApplications(string router, string kind)
{
    private readonly Dictionary<string, Application> _byName = new(StringComparer.Ordinal);
    private readonly List<ApplicationBranch> _branches = [];
    private readonly EntryMistake _mistake = new();
    private volatile bool _fixed;

    public IReadOnlyList<ApplicationBranch> Branches => _branches;

    public string Names => _branches.Count == 0 ? "none" : string.Join(", ", _branches.Select(b => b.Label));

    public Application? Find(string? name) => name is not null && _byName.TryGetValue(name, out var application) ? application : null;

    /// <exception cref="InvalidOperationException">An entry is not valid.</exception>
    public void Fix()
    {
        _mistake.ThrowIfAny();
        _fixed = true;
    }

    /// <param name="name">The entry's name; each once.</param>
    /// <param name="application">Its application.</param>
    /// <param name="check">What names must be; throws <see cref="ArgumentException"/>.</param>
    public void Add(string name, Application application, Action<string>? check = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(application);
        if (_fixed)
        {
            throw new InvalidOperationException($"{router} is in use; add '{name}' before the first connection.");
        }

        try
        {
            check?.Invoke(name);
        }
        catch (ArgumentException mistake)
        {
            _mistake.Note(mistake);
        }

        if (_byName.TryAdd(name, application))
        {
            _branches.Add(new(name, application));
        }
        else
        {
            _mistake.Note(new ArgumentException($"{router} routes the {kind} '{name}' twice."));
        }
    }
}
