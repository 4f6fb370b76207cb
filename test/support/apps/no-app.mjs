export default { name: "config", debug: true };
