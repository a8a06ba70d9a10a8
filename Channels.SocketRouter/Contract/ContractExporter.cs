namespace Channels.SocketRouter;

/// <summary>Writes the contract of socket routers, and of consumers whose JSON messages have types.</summary>
internal sealed class ContractExporter : IContractExporter
{
    public string Export(Application root, IServiceProvider services, string extension)
    {
        ArgumentNullException.ThrowIfNull(extension);
        var title = System.Reflection.Assembly.GetEntryAssembly()?.GetName().Name ?? "application";
        return extension.ToUpperInvariant() switch
        {
            ".TS" => TypeScriptContract.Write(ContractModel.Of(root, services)),
            ".JSON" => AsyncApiContract.Write(ContractModel.Of(root, services), title),
            _ => throw new NotSupportedException($"A contract cannot be written as '{extension}': call the file something.ts for TypeScript, or something.json for AsyncAPI."),
        };
    }
}
