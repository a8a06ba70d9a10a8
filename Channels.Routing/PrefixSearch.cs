namespace Channels.Routing;

/// <summary>Finds out whether an application goes on reading the path, through whatever middleware stands around it.</summary>
internal static class PrefixSearch
{
    // As deep as ApplicationTree walks.
    private const int MaxDepth = 64;

    /// <summary>Whether an <see cref="IPrefixApplication"/> is reached by connections of the given type.</summary>
    /// <exception cref="InvalidOperationException">An application contains itself.</exception>
    public static bool Leads(Application application, string scopeType) => Leads(application, scopeType, 0);

    private static bool Leads(Application application, string scopeType, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new InvalidOperationException("An application contains itself: routers and middleware must form a tree.");
        }

        switch (ApplicationTree.NodeOf(application))
        {
            case null:
                return false;
            case IPrefixApplication:
                return true;
            case ProtocolTypeRouter protocols:
                return protocols.Find(scopeType) is { } chosen && Leads(chosen, scopeType, depth + 1);
            case var node:
                foreach (var branch in node.Branches)
                {
                    if (Leads(branch.Application, scopeType, depth + 1))
                    {
                        return true;
                    }
                }

                return false;
        }
    }
}
